// What others have made is shown, and stays theirs until somebody adopts it by a write.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

#include "configfs_watch.h"
#include "traffic.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::StartsWith;

class Foreign : public ViewTest {
 protected:
  void TearDown() override {
    clear_nvmet();
    ViewTest::TearDown();
  }

  // One disk on one port, as a script would make it.
  static void make_plain(const std::string& nqn, const std::string& trtype = "tcp") {
    make_subsystem(nqn, "/dev/nullb0");
    make_port("7", trtype, "192.168.1.32");
    link_port("7", nqn);
    EXPECT_TRUE(eventually([&] { return state_of(nqn) == "foreign"; })) << get(nqn, "status");
  }

  // What an export cannot say: a namespace that is there and not enabled.
  static void make_half(const std::string& nqn) {
    make_subsystem(nqn, "/dev/nullb0");
    run(
        fmt::format("set -e; cd {}/subsystems/{}/namespaces; mkdir 2; "
                    "echo -n /dev/nullb1 > 2/device_path",
                    nvmet, nqn));
    make_port("7", "tcp", "192.168.1.32");
    link_port("7", nqn);
    EXPECT_TRUE(eventually([&] { return state_of(nqn) == "foreign"; })) << get(nqn, "status");
  }
};

TEST_F(Foreign, SubsystemMadeByHandIsShownWithWhatItHas) {
  make_plain("hand");
  EXPECT_EQ(get("hand", "device"), "/dev/nullb0");
  EXPECT_EQ(get("hand", "address"), "tcp://192.168.1.32:4420");
  EXPECT_EQ(get("hand", "hosts"), "any");
  EXPECT_EQ(get("hand", "enabled"), "1");
  EXPECT_EQ(make_export("hand"), "EEXIST");
}

TEST_F(Foreign, SubsystemThatGoesAwayIsShownNoMore) {
  make_plain("hand");
  clear_nvmet();
  EXPECT_TRUE(eventually([] { return sh("test -e " + exports + "hand").status != 0; }));
}

TEST_F(Foreign, SubsystemIsNotTouchedByReadingOrRmdir) {
  make_plain("hand");
  const NvmetTree theirs = nvmet_tree();
  ConfigfsWatch watch;
  run("find " + exports + "hand -type f -exec cat {} +");
  EXPECT_EQ(remove_export("hand"), "EBUSY");
  EXPECT_THAT(status_lines("hand", "refused"), StartsWith("refused EBUSY foreign: "));
  EXPECT_EQ(watch.seen(), "");
  EXPECT_EQ(difference(theirs, nvmet_tree()), "");
}

TEST_F(Foreign, SubsystemThatAnExportCannotSayTakesNoWrite) {
  make_half("hand");
  const NvmetTree theirs = nvmet_tree();
  ConfigfsWatch watch;
  for (const auto& [file, value] :
       std::map<std::string, std::string>{{"device", "/dev/nullb2"},
                                          {"address", "tcp://192.168.1.33"},
                                          {"hosts", first_host.nqn},
                                          {"enabled", "0"}}) {
    EXPECT_EQ(set("hand", file, value), "EBUSY") << file;
    EXPECT_THAT(status_lines("hand", "refused"), StartsWith("refused EBUSY foreign: "));
  }
  EXPECT_EQ(set("hand", "enabled", "0 force"), "EBUSY");
  EXPECT_EQ(remove_export("hand"), "EBUSY");
  EXPECT_EQ(get("hand", "plan"), "");
  EXPECT_EQ(watch.seen(), "");
  EXPECT_EQ(difference(theirs, nvmet_tree()), "");
}

TEST_F(Foreign, SubsystemIsNotTouchedByOurExportsBesideIt) {
  make_half("hand");
  const NvmetTree theirs = nvmet_tree();
  const NvmetTree its = below(theirs, "subsystems/hand");
  serve("beside", "/dev/nullb2", "tcp://192.168.1.32\n192.168.1.32");
  EXPECT_EQ(difference(its, below(nvmet_tree(), "subsystems/hand")), "");
  EXPECT_EQ(append("beside", "address", "tcp://192.168.1.33"), "ok");
  EXPECT_EQ(set("beside", "device", "/dev/nullb3"), "ok") << status_lines("beside", "refused");
  EXPECT_EQ(set("beside", "hosts", first_host.nqn), "ok") << status_lines("beside", "refused");
  EXPECT_EQ(difference(its, below(nvmet_tree(), "subsystems/hand")), "");
  visit({.trtype = "tcp"}, "beside", "/dev/nullb3");
  take_down("beside");
  EXPECT_EQ(difference(theirs, nvmet_tree()), "");
  EXPECT_EQ(state_of("hand"), "foreign");
}

TEST_F(Foreign, PlainSubsystemIsAdoptedUnderAConnectedHostWithoutOneWriteToConfigfs) {
  make_plain("hand");
  must_connect({.trtype = "tcp"}, "hand");
  const std::string cntlid = controller_attribute("hand", "cntlid");
  const NvmetTree theirs = nvmet_tree();
  {
    Traffic traffic(disk_of("hand"));
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    ConfigfsWatch watch;
    EXPECT_EQ(set("hand", "hosts", "any"), "ok") << status_lines("hand", "refused");
    EXPECT_EQ(state_of("hand"), "enabled");
    EXPECT_EQ(watch.seen(), "");
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
  }
  EXPECT_EQ(difference(theirs, nvmet_tree()), "");
  EXPECT_EQ(controller_attribute("hand", "state"), "live");
  EXPECT_EQ(controller_attribute("hand", "cntlid"), cntlid);
  disconnect("hand");

  take_down("hand");
  EXPECT_EQ(difference(below(theirs, "ports/7"), below(nvmet_tree(), "ports/7")),
            "- ports/7/subsystems/hand " + theirs.at("ports/7/subsystems/hand") + "\n");
  EXPECT_TRUE(below(nvmet_tree(), "subsystems/hand").empty());
}

TEST_F(Foreign, PlainSubsystemIsAdoptedByEnablingItOverRdma) {
  make_plain("hand", "rdma");
  const NvmetTree theirs = nvmet_tree();
  ConfigfsWatch watch;
  EXPECT_EQ(set("hand", "enabled", "1"), "ok") << status_lines("hand", "refused");
  EXPECT_EQ(watch.seen(), "");
  EXPECT_EQ(difference(theirs, nvmet_tree()), "");
  EXPECT_EQ(state_of("hand"), "enabled");
  take_down("hand");
}

TEST_F(Foreign, AdoptedDiskIsKeptFromThisMachineFromThenOn) {
  make_plain("hand");
  run("mkfs.ext4 -q -F /dev/nullb0");
  EXPECT_EQ(set("hand", "enabled", "1"), "ok") << status_lines("hand", "refused");
  EXPECT_NE(sh("mount /dev/nullb0 /mnt").status, 0);
  take_down("hand");
  run("wipefs -qa /dev/nullb0");
}

TEST_F(Foreign, ChangeByHandOfOursIsShownAsDrift) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  run("rm " + nvmet + "/ports/1/subsystems/toto");
  EXPECT_TRUE(eventually([] { return state_of("toto") == "drifted"; })) << get("toto", "status");
  EXPECT_EQ(status_lines("toto", "address"), "address tcp://192.168.1.32:4420 gone");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(state_of("toto"), "enabled");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
