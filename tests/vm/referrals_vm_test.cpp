// Referrals of a port, as nvme-cli and the view's own discovery see them.
#include <gmock/gmock.h>

#include "traffic.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string referrals = mountpoint + "/ports/tcp:192.168.1.32:4420/referrals/";

class Referrals : public ViewTest {
 protected:
  void SetUp() override {
    keep_host_identity(first_host);
    ViewTest::SetUp();
  }

  static void make(const std::string& name, const std::string& address) {
    run("mkdir " + referrals + name);
    EXPECT_EQ(write_text(referrals + name + "/address", address), "ok");
    EXPECT_EQ(write_text(referrals + name + "/enabled", "1"), "ok");
  }
  static void drop(const std::string& name) {
    EXPECT_EQ(write_text(referrals + name + "/enabled", "0"), "ok");
    run("rmdir " + referrals + name);
  }
  // The referrals of the log, an address each.
  static std::string discovered() {
    return run(
        "nvme discover -t tcp -a 192.168.1.32 -s 4420 | "
        "awk '/^trtype:/ {t=$2} /^subtype:/ {r=/referral/} /^trsvcid:/ {s=$2} "
        "/^traddr:/ {if (r) print t, $2, s}'");
  }
};

TEST_F(Referrals, AreToldToHostsThatDiscover) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree tree = nvmet_tree();
  EXPECT_EQ(discovered(), "");
  make("other", "tcp://192.168.2.32:8009");
  make("more", "rdma://[fd00::9]");
  EXPECT_THAT(discovered(),
              AllOf(HasSubstr("tcp 192.168.2.32 8009"), HasSubstr("rdma fd00::9 4420")));
  EXPECT_EQ(state_of("toto"), "enabled");
  EXPECT_EQ(write_text(referrals + "other/address", "tcp://192.168.2.33:8009"), "ok");
  EXPECT_THAT(discovered(),
              AllOf(HasSubstr("tcp 192.168.2.33 8009"), Not(HasSubstr("192.168.2.32"))));
  drop("more");
  drop("other");
  EXPECT_EQ(discovered(), "");
  EXPECT_EQ(difference(tree, nvmet_tree()), "");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

TEST_F(Referrals, ComeUpAfterARebootAndGoWithThePort) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  make("other", "tcp://192.168.2.32:8009");
  forget_kernel();
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }));
  EXPECT_THAT(discovered(), HasSubstr("tcp 192.168.2.32 8009"));
  EXPECT_EQ(read_text(referrals + "other/address"), "tcp://192.168.2.32:8009");
  EXPECT_EQ(set("toto", "enabled", "0"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(remove_export("toto"), "ok");
}

// Another port of this machine stands for another one.
TEST_F(Referrals, AreFollowedByNvmeCli) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  serve("titi", "/dev/nullb1", "tcp://192.168.2.32");
  make("other", "tcp://192.168.2.32:4420");
  run("nvme connect-all -t tcp -a 192.168.1.32 -s 4420");
  check_data(disk_of("toto"), "/dev/nullb0");
  check_data(disk_of("titi"), "/dev/nullb1");
  EXPECT_THAT(run("cd " + mountpoint +
                  "; mkdir discovery/tcp:192.168.1.32:4420; "
                  "cat discovery/tcp:192.168.1.32:4420/subsystems; "
                  "rmdir discovery/tcp:192.168.1.32:4420"),
              HasSubstr("referral"));
  disconnect("toto");
  disconnect("titi");
  take_down("titi");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

// What a host does while one comes, changes and goes.
TEST_F(Referrals, ChangeUnderAHostAtWork) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  const std::string cntlid = controller_attribute("toto", "cntlid");
  {
    Traffic traffic(disk_of("toto"));
    make("other", "tcp://192.168.2.32:8009");
    EXPECT_EQ(write_text(referrals + "other/address", "tcp://192.168.2.33:8009"), "ok");
    drop("other");
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
  }
  EXPECT_EQ(controller_attribute("toto", "cntlid"), cntlid);
  disconnect("toto");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
