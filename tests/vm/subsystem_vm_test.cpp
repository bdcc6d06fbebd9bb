// What a subsystem says of itself, and what hosts see of it.
#include <gmock/gmock.h>

#include "configfs_watch.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Subsystem : public ViewTest {
 protected:
  static std::string of_toto(const std::string& setting) { return "subsystem/" + setting; }
  static std::string kernel_has(const std::string& name) {
    return read_text("/sys/kernel/config/nvmet/subsystems/toto/attr_" + name);
  }
  static bool kernel_knows(const std::string& name) {
    return sh("test -e /sys/kernel/config/nvmet/subsystems/toto/attr_" + name).status == 0;
  }
};

TEST_F(Subsystem, ShowsHostsWhatIsSet) {
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(set("toto", of_toto("serial"), "BOX1"), "ok");
  EXPECT_EQ(set("toto", of_toto("model"), "Disk of ours"), "ok");
  EXPECT_EQ(set("toto", of_toto("qid_max"), "1"), "ok");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_THAT(controller_attribute("toto", "serial"), StartsWith("BOX1 "));
  EXPECT_THAT(controller_attribute("toto", "model"), StartsWith("Disk of ours "));
  // The queue of the controller itself, and one for I/O.
  EXPECT_EQ(controller_attribute("toto", "queue_count"), "2");
  disconnect("toto");
  take_down("toto");
}

TEST_F(Subsystem, HasAFileForEachAttributeOfTheKernel) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  for (const char* name :
       {"serial", "model", "firmware", "ieee_oui", "version", "vendor_id", "subsys_vendor_id",
        "cntlid_min", "cntlid_max", "qid_max", "pi_enable"}) {
    EXPECT_EQ(read_text(exports + "toto/subsystem/" + name), kernel_has(name)) << name;
    EXPECT_EQ(sh("test -e " + exports + "toto/subsystem/" + name).status == 0, kernel_knows(name))
        << name;
  }
  take_down("toto");
}

TEST_F(Subsystem, IsNotChangedInWhatTheKernelFreezes) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  EXPECT_TRUE(eventually([] { return is_left_alone("toto"); }));
  const NvmetTree before = nvmet_tree();
  EXPECT_EQ(set("toto", of_toto("version"), "1.4"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), HasSubstr("write 0 to enabled first"));
  EXPECT_EQ(difference(before, nvmet_tree()), "");
  ASSERT_EQ(set("toto", "enabled", "0"), "ok");
  EXPECT_EQ(set("toto", of_toto("version"), "1.4"), "ok");
  ASSERT_EQ(set("toto", "enabled", "1"), "ok");
  EXPECT_EQ(kernel_has("version"), "1.4");
  take_down("toto");
}

TEST_F(Subsystem, KeepsItsHostWhenTheNumberOfQueuesIsWritten) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  const std::string cntlid = controller_attribute("toto", "cntlid");
  EXPECT_TRUE(eventually([] { return !get("toto", "clients").empty(); }));
  EXPECT_EQ(set("toto", of_toto("qid_max"), "4"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), StartsWith("refused EBUSY hosts-connected: "));
  // What is there already is no write.
  ConfigfsWatch watch;
  EXPECT_EQ(set("toto", of_toto("qid_max"), "128"), "ok");
  EXPECT_EQ(watch.seen(), "");
  EXPECT_EQ(controller_attribute("toto", "cntlid"), cntlid);
  disconnect("toto");
  take_down("toto");
}

TEST_F(Subsystem, GivesControllerIdsOfItsRange) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(set("toto", of_toto("cntlid_min"), "300"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(set("toto", of_toto("cntlid_max"), "310"), "ok") << status_lines("toto", "refused");
  must_connect({.trtype = "tcp"}, "toto");
  const int cntlid = std::stoi(controller_attribute("toto", "cntlid"));
  EXPECT_GE(cntlid, 300);
  EXPECT_LE(cntlid, 310);
  disconnect("toto");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
