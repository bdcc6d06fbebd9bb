// Which disk it is, and whether a claimed one is still there.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "probe/device_probe.h"
#include "probe/held_device.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class Disks : public ::testing::Test {
 protected:
  std::string identity(const std::string& text) {
    const auto examined = devices_.examine(device_path(text), Members::refuse);
    if (examined) return examined->identity.text;
    ADD_FAILURE() << text << ": " << examined.error().message;
    return {};
  }

  std::unique_ptr<Claim> claim(const std::string& text) {
    auto claimed = devices_.claim(device_path(text), Members::refuse);
    if (claimed) return std::move(*claimed);
    throw std::runtime_error(text + ": " + claimed.error().message);
  }

  // An ext4 with that UUID, mounted.
  struct Mounted {
    Mounted(const TempFolder& folder, const std::string& uuid)
        : disk(folder.file("fs", 32)),
          target((run("mkfs.ext4 -q -U " + uuid + " " + disk.node()), folder / "mnt")) {
      std::filesystem::create_directory(target);
      mount.emplace(disk.node(), target, "ext4");
    }
    std::string file(const std::string& name) const {
      run("truncate -s 16M " + target + "/" + name);
      return target + "/" + name;
    }
    LoopDisk disk;
    std::string target;
    std::optional<MountedAt> mount;
  };

  const std::string uuid_ = "0a1b2c3d-0001-4002-8003-0a1b2c3d4e5f";
  PrivateNamespace mounts_{CLONE_NEWNS};
  TempFolder folder_;
  MachineDevices devices_;
};

TEST_F(Disks, AreToldApartAsFilesByInodeBirthAndFileSystem) {
  const Mounted system(folder_, uuid_);
  const std::string text = identity(system.file("disk"));
  EXPECT_THAT(
      text,
      MatchesRegex("file inode [0-9]+ made 2[0-9-]+T[0-9:]+\\.[0-9]+Z on file system " + uuid_));
  EXPECT_NE(identity(system.file("other")), text);
}

TEST_F(Disks, AreTheSameFileUnderAnotherNameAndDeviceNumber) {
  std::string text;
  {
    Mounted system(folder_, uuid_);
    text = identity(system.file("disk"));
    std::filesystem::rename(system.target + "/disk", system.target + "/renamed");
    EXPECT_EQ(identity(system.target + "/renamed"), text);
  }
  // The file system comes up on another loop device, as it may after a boot.
  const LoopDisk first(folder_.file("first", 4));
  const LoopDisk again(folder_ / "fs");
  const MountedAt mount(again.node(), folder_ / "mnt", "ext4");
  EXPECT_EQ(identity(folder_ / "mnt/renamed"), text);
}

// ext4 gives the inode of the one to the other.
TEST_F(Disks, AreOthersWhenTheFileWasMadeAnew) {
  const Mounted system(folder_, uuid_);
  const std::string text = identity(system.file("disk"));
  std::filesystem::remove(system.target + "/disk");
  EXPECT_NE(identity(system.file("disk")), text);
}

TEST_F(Disks, AreKnownAsLoopDevicesByTheFileBehind) {
  const Mounted system(folder_, uuid_);
  const std::string file = system.file("disk");
  const std::string text = identity(file);
  {
    const LoopDisk loop(file);
    EXPECT_EQ(identity(loop.node()), text);
  }
  const LoopDisk other(folder_.file("other", 4));
  const LoopDisk loop(file);
  EXPECT_EQ(identity(loop.node()), text);
  EXPECT_NE(identity(other.node()), text);
}

TEST_F(Disks, AreKnownAsLoopDevicesOnLoopDevices) {
  const Mounted system(folder_, uuid_);
  const LoopDisk lower(system.file("disk"));
  const std::string text = identity(lower.node());
  const LoopDisk upper(lower.node());
  EXPECT_EQ(identity(upper.node()), text);
}

TEST_F(Disks, AreToldApartAsLoopDevicesOnPartsOfAFile) {
  const Mounted system(folder_, uuid_);
  const LoopDisk loop(system.file("disk"));
  const std::string text = identity(loop.node());
  run("losetup -d " + loop.node() + " && losetup -o 65536 " + loop.node() + " " + system.target +
      "/disk");
  EXPECT_EQ(identity(loop.node()), text + " from byte 65536");
}

TEST_F(Disks, SayNothingAsLoopDevicesWhoseFileIsGone) {
  const std::string file = folder_.file("disk", 4);
  const LoopDisk loop(file);
  std::filesystem::remove(file);
  EXPECT_EQ(identity(loop.node()), "");
  folder_.file("disk", 4);
  EXPECT_EQ(identity(loop.node()), "");
}

TEST_F(Disks, AreKnownAsPartitionsByTheUuidInTheirTable) {
  const Mounted system(folder_, uuid_);
  LoopDisk disk(system.file("disk"));
  const std::string on = " on " + identity(disk.node());
  const std::string uuid = "11111111-2222-4333-8444-555555555555";
  run("printf 'label: gpt\\nsize=4MiB, uuid=" + uuid + "\\nsize=4MiB\\n' | sfdisk -q --no-tell " +
      disk.node());
  // The table starts its first partition at 1 MiB.
  const std::string first = disk.add_partition(1, 1, 4);
  EXPECT_EQ(identity(first), "partuuid " + uuid + on);
  const std::string second = disk.add_partition(2, 5, 4);
  EXPECT_THAT(identity(second), AllOf(StartsWith("partuuid "), Not(HasSubstr(uuid))));
}

TEST_F(Disks, AreKnownAsPartitionsOfNoTableByTheirNumber) {
  const Mounted system(folder_, uuid_);
  LoopDisk disk(system.file("disk"));
  const std::string on = " on " + identity(disk.node());
  EXPECT_EQ(identity(disk.add_partition(2, 1, 4)), "partition 2" + on);
}

TEST_F(Disks, SayNothingAsPartitionsWhoseDiskSaysNothing) {
  const std::string file = folder_.file("disk", 16);
  LoopDisk disk(file);
  std::filesystem::remove(file);
  EXPECT_EQ(identity(disk.add_partition(2, 1, 4)), "");
}

TEST_F(Disks, SayTheSameToExamineAndClaimWithForceOrWithout) {
  const LoopDisk disk(folder_.file("disk", 4));
  const std::string text = identity(disk.node());
  EXPECT_EQ(identity(disk.node() + " force"), text);
  EXPECT_EQ(claim(disk.node())->identity().text, text);
}

TEST_F(Disks, LeaveNothingOpenWhenAsked) {
  LoopDisk disk(folder_.file("disk", 16));
  const std::string partition = disk.add_partition(1, 1, 4);
  const std::size_t before = open_descriptors();
  identity(disk.node());
  identity(partition);
  EXPECT_EQ(open_descriptors(), before);
}

class Claims : public Disks {};

TEST_F(Claims, OfADiskArePresentWithItsSizeOfNow) {
  const std::string file = folder_.file("disk", 4);
  const LoopDisk disk(file);
  const auto held = claim(disk.node());
  EXPECT_TRUE(held->present());
  EXPECT_EQ(held->bytes(), 4U << 20);
  folder_.file("disk", 8);
  run("losetup -c " + disk.node());
  EXPECT_TRUE(held->present());
  EXPECT_EQ(held->bytes(), 8U << 20);
}

TEST_F(Claims, OfAPartitionArePresent) {
  LoopDisk disk(folder_.file("disk", 16));
  const auto held = claim(disk.add_partition(1, 1, 4));
  EXPECT_TRUE(held->present());
  EXPECT_EQ(held->bytes(), 4U << 20);
}

// The same node and number, and another disk behind them: what happens to a number that the kernel
// gives to the next disk. Only a read-only loop device can be changed so while it is open.
TEST_F(Claims, OfADiskAreNotPresentWhenAnotherHasItsNumber) {
  const LoopDisk disk(folder_.file("disk", 4), true);
  const HeldDevice held({devices_.identify(disk.node()).value(), {}},
                        Fd(open(disk.node().c_str(), O_RDONLY | O_CLOEXEC)));
  ASSERT_TRUE(held.present());
  const Fd next(open(folder_.file("next", 4).c_str(), O_RDONLY | O_CLOEXEC));
  const Fd loop(open(disk.node().c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(ioctl(loop.get(), LOOP_CHANGE_FD, next.get()), 0) << std::strerror(errno);
  EXPECT_FALSE(held.present());
}

TEST_F(Claims, OfAFileArePresentUntilItIsRemoved) {
  const std::string file = folder_.file("disk", 4);
  const auto held = claim(file);
  EXPECT_TRUE(held->present());
  folder_.file("disk", 6);
  EXPECT_EQ(held->bytes(), 6U << 20);
  std::filesystem::rename(file, folder_ / "renamed");
  EXPECT_TRUE(held->present());
  std::filesystem::remove(folder_ / "renamed");
  EXPECT_FALSE(held->present());
}

}  // namespace
}  // namespace nvmeofs::test
