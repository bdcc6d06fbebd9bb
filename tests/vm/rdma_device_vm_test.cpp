// An RDMA device that is taken away under an export, and given back.

#include "view.h"

namespace nvmeofs::vm {
namespace {

class RdmaDevice : public ViewTest {
 protected:
  static void bring_back() {
    run("[[ -e /sys/class/infiniband/rxe0 ]] || rdma link add rxe0 type rxe netdev v0");
    EXPECT_TRUE(eventually([] {
      return sh("rdma link show rxe0/1").output.find("state ACTIVE") != std::string::npos;
    }));
  }
  void TearDown() override {
    bring_back();
    ViewTest::TearDown();
  }
};

TEST_F(RdmaDevice, ThatIsRemovedMakesTheAddressGoneAndTeardownComplete) {
  serve("toto", "/dev/nullb0", "rdma://192.168.1.32\ntcp://192.168.1.32");
  run("rdma link delete rxe0");
  EXPECT_EQ(status_lines("toto", "address"),
            "address rdma://192.168.1.32:4420 gone\n"
            "address tcp://192.168.1.32:4420 listening");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

TEST_F(RdmaDevice, ThatComesBackServesAgainAfterDisablingAndEnabling) {
  serve("toto", "/dev/nullb0", "192.168.1.32");
  run("rdma link delete rxe0");
  EXPECT_EQ(status_lines("toto", "address"), "address rdma://192.168.1.32:4420 gone");
  EXPECT_EQ(set("toto", "enabled", "0"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(set("toto", "enabled", "1"), "ENODEV");
  EXPECT_EQ(changes(), "");
  bring_back();
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  visit({.trtype = "rdma"}, "toto", "/dev/nullb0");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
