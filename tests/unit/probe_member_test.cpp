// Disks that nobody uses and that something will take back. The signatures are written by hand
// here; the tests on a real kernel have LVM and mdadm make theirs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "probe/device_probe.h"
#include "probe/mapped_device.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view bluestore = "bluestore block device\n";

class Member : public ::testing::Test {
 protected:
  Error refused(const std::string& text) {
    const auto examined = devices_.examine(device_path(text), Members::refuse);
    if (!examined) return examined.error();
    ADD_FAILURE() << text << " was taken";
    return {};
  }

  TempFolder folder_;
  std::string backing_ = folder_.file("disk", 64);
  LoopDisk disk_{backing_};
  MachineDevices devices_;
};

TEST_F(Member, OfCephIsRefusedWithTheWayOut) {
  write_at(disk_.node(), 0, bluestore);
  const Error error = refused(disk_.node());
  EXPECT_EQ(error.errnum, EBUSY);
  EXPECT_EQ(error.reason, Reason::device_member);
  EXPECT_EQ(error.message,
            "a disk of a Ceph OSD, not in use now, but the next boot may take it back; remove it "
            "from there first, or write '" +
                disk_.node() + " force' to serve it all the same");
}

TEST_F(Member, IsTakenWithForce) {
  write_at(disk_.node(), 0, bluestore);
  const auto examined = devices_.examine(device_path(disk_.node() + " force"), Members::refuse);
  EXPECT_TRUE(examined) << examined.error().message;
}

TEST_F(Member, IsTakenWhenAllowed) {
  write_at(disk_.node(), 0, bluestore);
  const auto examined = devices_.examine(device_path(disk_.node()), Members::allow);
  EXPECT_TRUE(examined) << examined.error().message;
  const auto claimed = devices_.claim(device_path(disk_.node()), Members::allow);
  EXPECT_TRUE(claimed) << claimed.error().message;
}

TEST_F(Member, IsRefusedAllTheSameWhileInUse) {
  run("mkswap " + disk_.node());
  const SwapOn swap(disk_.node());
  const auto examined = devices_.examine(device_path(disk_.node()), Members::allow);
  ASSERT_FALSE(examined);
  EXPECT_EQ(examined.error().reason, Reason::device_in_use);
}

TEST_F(Member, OfMdIsRefused) {
  // mdp_superblock_1: magic, version 1, and at 128 its own place in sectors.
  std::string superblock(256, '\0');
  superblock.replace(0, 8, std::string_view("\xfc\x4e\x2b\xa9\x01\0\0\0", 8));
  superblock.replace(144, 1, "\x08");
  write_at(disk_.node(), 4096, superblock);
  EXPECT_THAT(refused(disk_.node()).message, StartsWith("a member of an MD array"));
}

TEST_F(Member, OfZfsIsRefused) {
  // Label 0's array of uberblocks; blkid wants several.
  for (int slot = 0; slot < 16; ++slot) {
    write_at(disk_.node(), 128 * 1024 + slot * 1024, std::string_view("\x0c\xb1\xba\0\0\0\0\0", 8));
  }
  EXPECT_THAT(refused(disk_.node()).message, StartsWith("a disk of a ZFS pool"));
}

TEST_F(Member, JournalOfAnotherFileSystemIsRefused) {
  run("mke2fs -q -O journal_dev " + disk_.node());
  EXPECT_THAT(refused(disk_.node()).message,
              StartsWith("the journal of a file system on another disk"));
}

TEST_F(Member, ImageOfAHibernatedMachineIsRefused) {
  run("mkswap " + disk_.node());
  write_at(disk_.node(), 4096 - 10, "S1SUSPEND");
  EXPECT_THAT(refused(disk_.node()).message, StartsWith("the image of a hibernated machine"));
}

TEST_F(Member, IdleSwapIsNone) {
  run("mkswap " + disk_.node());
  const auto examined = devices_.examine(device_path(disk_.node()), Members::refuse);
  EXPECT_TRUE(examined) << examined.error().message;
}

TEST_F(Member, IsFoundOnAPartitionOfTheDisk) {
  const std::string partition = disk_.add_partition(1, 4, 32);
  write_at(partition, 0, bluestore);
  EXPECT_THAT(refused(disk_.node()).message,
              StartsWith("its partition " + partition + " is a disk of a Ceph OSD"));
  EXPECT_THAT(refused(partition).message, StartsWith("a disk of a Ceph OSD"));
}

TEST_F(Member, IsFoundBesideAnotherSignature) {
  run("mkfs.ext4 -q " + disk_.node());
  write_at(disk_.node(), 0, bluestore);
  EXPECT_EQ(refused(disk_.node()).reason, Reason::device_member);
}

TEST(MappedDevice, KnowsLvmsDoubledDashes) {
  EXPECT_EQ(lvm_name("vg0-data"), "vg0/data");
  EXPECT_EQ(lvm_name("my--vg-my--lv"), "my-vg/my-lv");
  EXPECT_EQ(lvm_name("a--b--c-d"), "a-b-c/d");
  EXPECT_EQ(lvm_name("vg0"), "vg0");
}

}  // namespace
}  // namespace nvmeofs::test
