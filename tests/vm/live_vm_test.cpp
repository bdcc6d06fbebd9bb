// What can be changed under a host that is at work, and what waits until nobody is.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "configfs_watch.h"
#include "traffic.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class Live : public ViewTest {
 protected:
  void check_second_address(const std::string& trtype) {
    serve("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    const NvmetTree one = nvmet_tree();
    must_connect({.trtype = trtype}, "toto");
    const std::string cntlid = controller_attribute("toto", "cntlid");
    {
      Traffic traffic(disk_of("toto"));
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
      EXPECT_EQ(append("toto", "address", trtype + "://192.168.1.33"), "ok")
          << status_lines("toto", "refused");
      EXPECT_EQ(status_lines("toto", "address"),
                fmt::format("address {0}://192.168.1.32:4420 listening\n"
                            "address {0}://192.168.1.33:4420 listening",
                            trtype));
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
      EXPECT_EQ(set("toto", "address", trtype + "://192.168.1.32"), "ok")
          << status_lines("toto", "refused");
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    }
    EXPECT_EQ(difference(one, nvmet_tree()), "");
    EXPECT_EQ(controller_attribute("toto", "state"), "live");
    EXPECT_EQ(controller_attribute("toto", "cntlid"), cntlid);
    disconnect("toto");
    take_down("toto");
  }
};

TEST_F(Live, SecondAddressComesAndGoesUnderAHostAtWorkOverTcp) {
  check_second_address("tcp");
}

TEST_F(Live, SecondAddressComesAndGoesUnderAHostAtWorkOverRdma) {
  check_second_address("rdma");
}

TEST_F(Live, HostMovesToAnAddedAddressAndTheOldOneGoes) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  {
    Traffic traffic(disk_of("toto"));
    EXPECT_EQ(append("toto", "address", "tcp://192.168.1.33"), "ok");
    must_connect({.trtype = "tcp", .traddr = "192.168.1.33"}, "toto");
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    run("for c in /sys/class/nvme/nvme*; do "
        "grep -q 'traddr=192.168.1.32,' $c/address && echo 1 > $c/delete_controller; done; true");
    EXPECT_TRUE(eventually([] {
      return get("toto", "clients").find("\n") == std::string::npos &&
             set("toto", "address", "tcp://192.168.1.33") == "ok";
    })) << get("toto", "clients")
        << "\n"
        << status_lines("toto", "refused");
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
  }
  disconnect("toto");
  take_down("toto");
}

TEST_F(Live, AddressThatAHostCameInByIsNotTakenAway) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32\ntcp://192.168.1.33");
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_TRUE(eventually([] { return !get("toto", "clients").empty(); }));
  const NvmetTree both = nvmet_tree();
  EXPECT_EQ(set("toto", "address", "tcp://192.168.1.33"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"),
              AllOf(StartsWith("refused EBUSY hosts-connected: "), HasSubstr(first_host.nqn)));
  EXPECT_EQ(difference(both, nvmet_tree()), "");
  EXPECT_EQ(set("toto", "address", "tcp://192.168.1.32"), "ok") << status_lines("toto", "refused");
  disconnect("toto");
  take_down("toto");
}

TEST_F(Live, DeviceIsChangedWithNobodyConnected) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  EXPECT_TRUE(eventually([] { return is_left_alone("toto"); }));
  EXPECT_EQ(set("toto", "device", "/dev/nullb1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(state_of("toto"), "enabled");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb1");
  run("mkfs.ext4 -q -F /dev/nullb0 && wipefs -qa /dev/nullb0");
  EXPECT_NE(sh("mkfs.ext4 -q -F /dev/nullb1").status, 0);
  take_down("toto");
}

TEST_F(Live, DeviceIsNotChangedUnderAHost) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_TRUE(eventually([] { return !get("toto", "clients").empty(); }));
  const NvmetTree tree = nvmet_tree();
  EXPECT_EQ(set("toto", "device", "/dev/nullb1"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), StartsWith("refused EBUSY hosts-connected: "));
  EXPECT_EQ(difference(tree, nvmet_tree()), "");
  EXPECT_EQ(get("toto", "device"), "/dev/nullb0");
  check_data(disk_of("toto"), "/dev/nullb0");
  run("mkfs.ext4 -q -F /dev/nullb1 && wipefs -qa /dev/nullb1");
  disconnect("toto");
  take_down("toto");
}

TEST_F(Live, WritingBackWhatIsReadChangesNothing) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32\nrdma://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  ConfigfsWatch watch;
  for (const auto* file : {"device", "address", "hosts", "enabled"})
    EXPECT_EQ(set("toto", file, get("toto", file)), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(watch.seen(), "");
  EXPECT_EQ(controller_attribute("toto", "state"), "live");
  disconnect("toto");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
