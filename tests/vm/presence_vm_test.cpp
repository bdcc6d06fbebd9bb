// Disks and addresses that come and go under the program.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Of what comes up by itself, without anybody asking.
constexpr std::chrono::seconds soon{5};

class Presence : public ViewTest {
 protected:
  // A disk that can be pulled out and plugged in again, by the names that udev gives it.
  static void plug_in() {
    run("modprobe scsi_debug dev_size_mb=64 num_tgts=1 max_luns=1; udevadm settle");
    ASSERT_TRUE(eventually([] { return !disk().empty(); }));
  }
  static void pull_out() {
    run("echo 1 > /sys/block/" + disk() + "/device/delete");
    ASSERT_TRUE(eventually([] { return disk().empty(); }));
  }
  static void rescan() {
    run("echo '- - -' > $(ls -d /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/scsi_host/host*)"
        "/scan");
    ASSERT_TRUE(eventually([] { return !disk().empty(); }));
  }
  static std::string disk() {
    const Outcome outcome =
        sh("ls /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block 2>/dev/null");
    return outcome.output.substr(0, outcome.output.find('\n'));
  }
  static std::string by_id() {
    const Outcome outcome =
        sh("for link in /dev/disk/by-id/*; do [[ $(readlink -f $link) == /dev/" + disk() +
           " ]] && echo $link && break; done");
    return outcome.output.substr(0, outcome.output.find('\n'));
  }
  static void unload() { run("udevadm settle; modprobe -r scsi_debug"); }
};

TEST_F(Presence, PulledDiskIsToldAndServedAgainWhenItIsBack) {
  plug_in();
  const std::string path = by_id();
  ASSERT_THAT(path, StartsWith("/dev/disk/by-id/"));
  serve("toto", path, "tcp://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  must_connect({.trtype = "tcp"}, "toto");
  pull_out();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "failed"; }, soon))
      << get("toto", "status");
  EXPECT_THAT(get("toto", "status"), HasSubstr(path + " is gone"));
  EXPECT_EQ(controller_attribute("toto", "state"), "live");

  rescan();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }, soon))
      << get("toto", "status");
  EXPECT_EQ(difference(served, nvmet_tree()), "");
  EXPECT_NE(disk_of("toto"), "");
  disconnect("toto");
  visit({.trtype = "tcp"}, "toto", path);
  take_down("toto");
  unload();
}

TEST_F(Presence, ExportComesUpWithItsDisk) {
  plug_in();
  const std::string path = by_id();
  serve("toto", path, "tcp://192.168.1.32");
  forget_kernel();
  pull_out();
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "waiting"; })) << get("toto", "status");
  EXPECT_EQ(changes(), "");
  rescan();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }, soon))
      << get("toto", "status");
  take_down("toto");
  unload();
}

TEST_F(Presence, ExportComesUpWithItsAddress) {
  const Afterwards removed("ip address del 192.168.2.77/32 dev v2 2>/dev/null; true");
  run("ip address add 192.168.2.77/32 dev v2");
  serve("toto", "/dev/nullb0", "tcp://192.168.2.77");
  forget_kernel();
  run("ip address del 192.168.2.77/32 dev v2");
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "waiting"; })) << get("toto", "status");
  run("ip address add 192.168.2.77/32 dev v2");
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }, soon))
      << get("toto", "status");
  take_down("toto");
}

TEST_F(Presence, AnotherDiskUnderThePathIsNotServed) {
  const Afterwards removed("umount /run/disks; wipefs -qa /dev/nullb3");
  run("mkfs.ext4 -q /dev/nullb3; mkdir -p /run/disks; mount /dev/nullb3 /run/disks");
  run("cd /run/disks; truncate -s 8M one two; ln -s one link");
  serve("toto", "/run/disks/link", "tcp://192.168.1.32");
  forget_kernel();
  run("ln -sfn two /run/disks/link");
  start();
  EXPECT_EQ(state_of("toto"), "failed") << get("toto", "status");
  EXPECT_THAT(get("toto", "status"), HasSubstr("another disk"));
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(set("toto", "enabled", "1"), "ENXIO");
  run("ln -sfn one /run/disks/link");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << get("toto", "status");
  take_down("toto");
}

TEST_F(Presence, GrownDiskIsSeenByItsHosts) {
  run("truncate -s 16M /run/grows");
  const std::string loop = run("losetup --show -f --direct-io=off /run/grows");
  const std::string device = loop.substr(0, loop.size() - 1);
  const Afterwards removed("losetup -d " + device + "; rm -f /run/grows");
  serve("toto", device, "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  const std::string disk = disk_of("toto");
  const auto size = [&] { return run("blockdev --getsize64 " + disk); };
  EXPECT_EQ(size(), "16777216\n");
  run("truncate -s 32M /run/grows; losetup -c " + device);
  EXPECT_TRUE(eventually([&] { return size() == "33554432\n"; }, soon)) << size();
  EXPECT_EQ(state_of("toto"), "enabled");
  disconnect("toto");
  take_down("toto");
}

// The kernel goes on with the device that it opened, which is dead: its namespace shows nothing of
// that.
TEST_F(Presence, DiskThatIsPluggedInAnewWhileTheProgramIsDeadIsServedAnew) {
  plug_in();
  const std::string path = by_id();
  serve("toto", path, "tcp://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  must_connect({.trtype = "tcp"}, "toto");
  kill_program();
  pull_out();
  rescan();
  ASSERT_TRUE(eventually([&] { return sh("test -b " + path).status == 0; }));
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }, soon))
      << get("toto", "status");
  EXPECT_EQ(difference(served, nvmet_tree()), "");
  EXPECT_EQ(controller_attribute("toto", "state"), "live");
  disconnect("toto");
  visit({.trtype = "tcp"}, "toto", path);
  take_down("toto");
  unload();
}

TEST_F(Presence, DiskThatGrewWhileTheProgramWasDeadIsSeenByItsHosts) {
  run("truncate -s 16M /run/grows");
  const std::string loop = run("losetup --show -f --direct-io=off /run/grows");
  const std::string device = loop.substr(0, loop.size() - 1);
  const Afterwards removed("losetup -d " + device + "; rm -f /run/grows");
  serve("toto", device, "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  const std::string disk = disk_of("toto");
  kill_program();
  run("truncate -s 32M /run/grows; losetup -c " + device);
  start();
  EXPECT_TRUE(
      eventually([&] { return run("blockdev --getsize64 " + disk) == "33554432\n"; }, soon));
  disconnect("toto");
  take_down("toto");
}

TEST_F(Presence, ShrunkDiskIsTold) {
  run("truncate -s 16M /run/shrinks");
  const std::string loop = run("losetup --show -f --direct-io=off /run/shrinks");
  const std::string device = loop.substr(0, loop.size() - 1);
  const Afterwards removed("losetup -d " + device + "; rm -f /run/shrinks");
  serve("toto", device, "tcp://192.168.1.32");
  run("truncate -s 8M /run/shrinks; losetup -c " + device);
  EXPECT_TRUE(eventually([] { return status_lines("toto", "note") != ""; }, soon))
      << get("toto", "status");
  EXPECT_THAT(status_lines("toto", "note"), HasSubstr("shrank from 16777216 to 8388608 bytes"));
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
