// A whole NVMe controller: QEMU's drive, on a kernel that was built with passthru. Where it was
// not, each test says so of it, and ends.
#include <gmock/gmock.h>

#include "traffic.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class Passthru : public ViewTest {
 protected:
  void SetUp() override {
    ViewTest::SetUp();
    run("modprobe nvme");
    EXPECT_TRUE(eventually([] { return !disk().empty(); }));
    controller_ = controller();
  }
  void TearDown() override {
    run("modprobe -r nvme");
    ViewTest::TearDown();
  }

  // The node of the drive's controller, and of its disk; empty while they are not there.
  static std::string controller() {
    return sh("for c in /sys/class/nvme/*; do grep -qx pcie $c/transport && "
              "printf /dev/%s ${c##*/}; done 2>/dev/null")
        .output;
  }
  static std::string disk() {
    return sh("cd " + controller_folder() +
              " 2>/dev/null && for d in nvme*n*; do test -b /dev/$d "
              "&& printf /dev/%s $d; done")
        .output;
  }
  static std::string controller_folder() {
    const std::string node = controller();
    return node.empty() ? "/nowhere" : "/sys/class/nvme/" + node.substr(5);
  }

  // A draft of the drive; false where the kernel has no passthru.
  bool draft_whole() const {
    EXPECT_EQ(make_export("toto"), "ok");
    EXPECT_EQ(set("toto", "address", "tcp://192.168.1.32"), "ok");
    const bool kernel_has = sh("test -e " + exports + "toto/passthru").status == 0;
    if (!kernel_has) {
      EXPECT_EQ(set("toto", "passthru/device", controller_), "ENOENT");
      EXPECT_EQ(remove_export("toto"), "ok");
      return false;
    }
    EXPECT_EQ(set("toto", "passthru/device", controller_), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(set("toto", "passthru/enabled", "1"), "ok") << status_lines("toto", "refused");
    // This machine would see one disk twice.
    EXPECT_EQ(set("toto", "passthru/clear_ids", "1"), "ok");
    return true;
  }
  static void enable() {
    EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(state_of("toto"), "enabled");
  }

  std::string controller_;
};

TEST_F(Passthru, DriveItselfAnswersAHost) {
  if (!draft_whole()) return;
  enable();
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_THAT(controller_attribute("toto", "serial"), StartsWith("nvmeofs-drive"));
  EXPECT_THAT(controller_attribute("toto", "model"), StartsWith("QEMU NVMe Ctrl"));
  EXPECT_THAT(run("nvme smart-log " + disk_of("toto")), HasSubstr("available_spare"));
  check_data(disk_of("toto"), disk());
  EXPECT_TRUE(eventually([] { return !get("toto", "clients").empty(); }));

  EXPECT_EQ(set("toto", "enabled", "0"), "EBUSY");
  EXPECT_EQ(set("toto", "passthru/io_timeout", "7500"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(read_text(nvmet + "/subsystems/toto/passthru/io_timeout"), "7500");
  check_data(disk_of("toto"), disk());
  disconnect("toto");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

TEST_F(Passthru, HostAtWorkIsSentAwayByForce) {
  if (!draft_whole()) return;
  enable();
  must_connect({.trtype = "tcp"}, "toto");
  {
    Traffic traffic(disk_of("toto"));
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    EXPECT_EQ(set("toto", "enabled", "0 force"), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(changes(), "");
    disconnect("toto");
  }
  run("mkfs.ext4 -q -F " + disk() + " && wipefs -qa " + disk());
  enable();
  must_connect({.trtype = "tcp"}, "toto");
  check_data(disk_of("toto"), disk());
  disconnect("toto");
  take_down("toto");
}

TEST_F(Passthru, DiskIsHeldWhileItIsServed) {
  if (!draft_whole()) return;
  enable();
  EXPECT_NE(sh("mkfs.ext4 -q -F " + disk()).status, 0);
  EXPECT_EQ(make_export("titi"), "ok");
  EXPECT_EQ(set("titi", "device", disk()), "EBUSY");
  EXPECT_THAT(status_lines("titi", "refused"), HasSubstr("the export toto serves it already"));
  EXPECT_EQ(remove_export("titi"), "ok");
  take_down("toto");
  run("mkfs.ext4 -q -F " + disk() + " && wipefs -qa " + disk());
}

TEST_F(Passthru, DriveInUseIsRefused) {
  run("mkfs.ext4 -q -F " + disk() + " && mkdir -p /run/drive && mount " + disk() + " /run/drive");
  {
    const Afterwards unmounted("umount /run/drive; rmdir /run/drive; wipefs -qa " + disk());
    EXPECT_EQ(make_export("toto"), "ok");
    if (sh("test -e " + exports + "toto/passthru").status == 0) {
      EXPECT_EQ(set("toto", "passthru/device", controller_), "EBUSY");
      EXPECT_THAT(status_lines("toto", "refused"),
                  AllOf(StartsWith("refused EBUSY device-in-use: "),
                        HasSubstr("its disk " + disk() + ": mounted on /run/drive"),
                        HasSubstr("'" + controller_ + " force'")));
      EXPECT_EQ(set("toto", "passthru/device", disk()), "EINVAL");
      EXPECT_EQ(get("toto", "passthru/device"), "");
    }
    EXPECT_EQ(set("toto", "device", controller_), "ENOTBLK");
    EXPECT_EQ(remove_export("toto"), "ok");
  }
}

TEST_F(Passthru, ControllerOfAnotherMachineIsRefused) {
  serve("titi", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "titi");
  const auto remote = controllers("titi");
  EXPECT_EQ(remote.size(), 1U);
  EXPECT_EQ(make_export("toto"), "ok");
  if (!remote.empty() && sh("test -e " + exports + "toto/passthru").status == 0) {
    EXPECT_EQ(set("toto", "passthru/device", "/dev/" + remote.front()), "ELOOP");
    EXPECT_THAT(status_lines("toto", "refused"), HasSubstr("to the subsystem titi"));
  }
  EXPECT_EQ(remove_export("toto"), "ok");
  disconnect("titi");
  take_down("titi");
}

TEST_F(Passthru, IsFoundAgainByTheNextProgram) {
  if (!draft_whole()) return;
  enable();
  must_connect({.trtype = "tcp"}, "toto");
  const std::string cntlid = controller_attribute("toto", "cntlid");
  kill_program();
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }));
  EXPECT_EQ(controller_attribute("toto", "cntlid"), cntlid);
  check_data(disk_of("toto"), disk());
  EXPECT_NE(sh("mkfs.ext4 -q -F " + disk()).status, 0);
  disconnect("toto");
  take_down("toto");
}

TEST_F(Passthru, ComesUpAfterAReboot) {
  if (!draft_whole()) return;
  enable();
  forget_kernel();
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; })) << get("toto", "status");
  must_connect({.trtype = "tcp"}, "toto");
  check_data(disk_of("toto"), disk());
  disconnect("toto");
  take_down("toto");
}

TEST_F(Passthru, ComesBackWithADriveThatWasPulledOut) {
  if (!draft_whole()) return;
  enable();
  run("echo 1 > " + controller_folder() + "/device/remove");
  EXPECT_TRUE(eventually([] { return state_of("toto") == "waiting"; })) << get("toto", "status");
  EXPECT_THAT(get("toto", "status"), StartsWith("waiting: " + controller_ + " does not exist"));
  EXPECT_EQ(changes(), "");
  run("echo 1 > /sys/bus/pci/rescan");
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; })) << get("toto", "status");
  must_connect({.trtype = "tcp"}, "toto");
  check_data(disk_of("toto"), disk());
  disconnect("toto");
  take_down("toto");
}

TEST_F(Passthru, IdsAreClearedOverLoopWhateverIsWritten) {
  if (!draft_whole()) return;
  EXPECT_EQ(set("toto", "passthru/clear_ids", "0"), "ok");
  EXPECT_EQ(set("toto", "address", "loop"), "EINVAL");
  EXPECT_THAT(status_lines("toto", "refused"), HasSubstr("passthru/clear_ids"));
  EXPECT_EQ(set("toto", "passthru/clear_ids", ""), "ok");
  EXPECT_EQ(set("toto", "address", "loop"), "ok") << status_lines("toto", "refused");
  enable();
  const std::string clear_ids = nvmet + "/subsystems/toto/passthru/clear_ids";
  EXPECT_EQ(read_text(clear_ids), "0");
  EXPECT_EQ(connect_over_loop("toto"), "ok");
  EXPECT_EQ(read_text(clear_ids), "1");
  EXPECT_EQ(state_of("toto"), "enabled");
  check_data(disk_of("toto"), disk());
  disconnect("toto");
  take_down("toto");
}

TEST_F(Passthru, GoesIntoASavedTargetAndBack) {
  if (!draft_whole()) return;
  enable();
  run("cp " + mountpoint + "/config.json /run/whole.json");
  const Afterwards removed("rm -f /run/whole.json");
  EXPECT_THAT(read_text("/run/whole.json"), HasSubstr("\"path\": \"" + controller_ + "\""));
  take_down("toto");
  run("cat /run/whole.json > " + mountpoint + "/config.json");
  EXPECT_EQ(state_of("toto"), "enabled");
  EXPECT_EQ(sh("cmp " + mountpoint + "/config.json /run/whole.json").output, "");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
