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

TEST_F(RdmaDevice, ThatIsRemovedLeavesTheOtherAddressServed) {
  serve("toto", "/dev/nullb0", "rdma://192.168.1.32\ntcp://192.168.1.32");
  run("rdma link delete rxe0");
  EXPECT_TRUE(eventually([] {
    return status_lines("toto", "address") ==
           "address rdma://192.168.1.32:4420 waiting\n"
           "address tcp://192.168.1.32:4420 listening";
  })) << get("toto", "status");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

// The kernel's listener is gone for good: configfs looks as before, and nobody can connect until
// every link on the port has been made anew.
TEST_F(RdmaDevice, ThatComesBackServesAllItsExportsAgainByItself) {
  serve("toto", "/dev/nullb0", "192.168.1.32");
  serve("titi", "/dev/nullb1", "192.168.1.32");
  run("rdma link delete rxe0");
  EXPECT_TRUE(eventually([] {
    return status_lines("toto", "address") == "address rdma://192.168.1.32:4420 waiting" &&
           status_lines("titi", "address") == "address rdma://192.168.1.32:4420 waiting";
  })) << get("toto", "status")
      << get("titi", "status");
  bring_back();
  EXPECT_TRUE(eventually([] {
    return status_lines("toto", "address") == "address rdma://192.168.1.32:4420 listening" &&
           status_lines("titi", "address") == "address rdma://192.168.1.32:4420 listening";
  })) << get("toto", "status")
      << get("titi", "status");
  visit({.trtype = "rdma"}, "toto", "/dev/nullb0");
  visit({.trtype = "rdma"}, "titi", "/dev/nullb1");
  take_down("toto");
  take_down("titi");
}

TEST_F(RdmaDevice, ThatIsGoneRefusesAnExplicitEnable) {
  serve("toto", "/dev/nullb0", "192.168.1.32");
  EXPECT_EQ(set("toto", "enabled", "0"), "ok") << status_lines("toto", "refused");
  run("rdma link delete rxe0");
  EXPECT_EQ(set("toto", "enabled", "1"), "ENODEV");
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(remove_export("toto"), "ok");
}

}  // namespace
}  // namespace nvmeofs::vm
