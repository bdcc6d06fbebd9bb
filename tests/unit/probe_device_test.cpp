// Which disks and files are served, and which are refused and by what sentence.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <thread>

#include "probe/device_probe.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Device : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(mount_point_); }

  // Neither examine() nor claim() takes it, for the same reason, and nothing stays open.
  Error refused(const std::string& text) {
    const std::size_t before = open_descriptors();
    const auto examined = devices_.examine(device_path(text), Members::refuse);
    const auto claimed = devices_.claim(device_path(text), Members::refuse);
    EXPECT_EQ(open_descriptors(), before);
    if (examined || claimed) {
      ADD_FAILURE() << text << " was taken";
      return {};
    }
    EXPECT_EQ(examined.error().message, claimed.error().message);
    return examined.error();
  }

  Error in_use(const std::string& text) {
    const Error error = refused(text);
    EXPECT_EQ(error.errnum, EBUSY);
    EXPECT_EQ(error.reason, Reason::device_in_use);
    return error;
  }

  void taken(const std::string& text) {
    const std::size_t before = open_descriptors();
    const auto examined = devices_.examine(device_path(text), Members::refuse);
    EXPECT_TRUE(examined) << examined.error().message;
    EXPECT_EQ(open_descriptors(), before);
    const auto claimed = devices_.claim(device_path(text), Members::refuse);
    EXPECT_TRUE(claimed) << claimed.error().message;
  }

  PrivateNamespace mounts_{CLONE_NEWNS};
  TempFolder folder_;
  std::string mount_point_ = folder_ / "mnt";
  MachineDevices devices_;
};

TEST_F(Device, IsTakenWhenEmpty) {
  const LoopDisk disk(folder_.file("disk", 16));
  taken(disk.node());
}

TEST_F(Device, IsTakenWithAFileSystemThatNobodyUses) {
  const LoopDisk disk(folder_.file("disk", 16));
  run("mkfs.ext4 -q " + disk.node());
  taken(disk.node());
}

TEST_F(Device, IsRefusedWhileMounted) {
  const LoopDisk disk(folder_.file("disk", 16));
  run("mkfs.ext4 -q " + disk.node());
  {
    const MountedAt mount(disk.node(), mount_point_, "ext4");
    EXPECT_EQ(in_use(disk.node()).message, "mounted on " + mount_point_ +
                                               " (ext4); unmount it first, or write '" +
                                               disk.node() + " force' to serve it all the same");
  }
  taken(disk.node());
}

TEST_F(Device, IsTakenWithForceWhileMounted) {
  const LoopDisk disk(folder_.file("disk", 16));
  run("mkfs.ext4 -q " + disk.node());
  const MountedAt mount(disk.node(), mount_point_, "ext4");
  taken(disk.node() + " force");
}

TEST_F(Device, IsRefusedWhileAPartitionOfItIsMounted) {
  LoopDisk disk(folder_.file("disk", 32));
  const std::string first = disk.add_partition(1, 1, 15);
  const std::string second = disk.add_partition(2, 16, 16);
  run("mkfs.ext4 -q " + first);
  const MountedAt mount(first, mount_point_, "ext4");
  EXPECT_THAT(in_use(disk.node()).message, StartsWith("its partition " + first + " is mounted on " +
                                                      mount_point_ + " (ext4); "));
  EXPECT_THAT(in_use(first).message, StartsWith("mounted on " + mount_point_));
  taken(second);
}

TEST_F(Device, IsRefusedWhileTheWholeDiskIsClaimed) {
  LoopDisk disk(folder_.file("disk", 16));
  const std::string partition = disk.add_partition(1, 1, 15);
  const OtherProcess program(
      [&] { return open(disk.node().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC) >= 0; });
  EXPECT_THAT(in_use(partition).message,
              StartsWith("its disk " + disk.node() + " is held open by "));
}

TEST_F(Device, IsRefusedWhileMountedInAnotherMountNamespace) {
  const LoopDisk disk(folder_.file("disk", 16));
  run("mkfs.ext4 -q " + disk.node());
  const OtherProcess program([&] {
    return unshare(CLONE_NEWNS) == 0 &&
           mount(disk.node().c_str(), mount_point_.c_str(), "ext4", 0, nullptr) == 0;
  });
  EXPECT_THAT(in_use(disk.node()).message, HasSubstr("a mount in another mount namespace"));
}

TEST_F(Device, IsRefusedAsTheJournalOfAMountedFileSystem) {
  const LoopDisk journal(folder_.file("journal", 16));
  const LoopDisk disk(folder_.file("disk", 64));
  run("mke2fs -q -b 4096 -O journal_dev " + journal.node());
  run("mkfs.ext4 -q -b 4096 -J device=" + journal.node() + " " + disk.node());
  const MountedAt mount(disk.node(), mount_point_, "ext4");
  EXPECT_THAT(
      in_use(journal.node()).message,
      StartsWith("the journal of a file system on another disk, and in use as such; end that use "
                 "first, or write '"));
}

TEST_F(Device, IsRefusedWhileSwappedTo) {
  const LoopDisk disk(folder_.file("disk", 16));
  const SwapOn swap(disk.node());
  EXPECT_EQ(in_use(disk.node()).message, "in use as swap; 'swapoff " + disk.node() +
                                             "' frees it, or write '" + disk.node() +
                                             " force' to serve it all the same");
}

TEST_F(Device, NamesTheProgramThatClaimedIt) {
  const LoopDisk disk(folder_.file("disk", 16));
  const OtherProcess program(
      [&] { return open(disk.node().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC) >= 0; });
  EXPECT_THAT(in_use(disk.node()).message,
              HasSubstr("(pid " + std::to_string(program.pid()) + "); stop that first"));
}

TEST_F(Device, IsRefusedBehindALoopDevice) {
  const LoopDisk disk(folder_.file("disk", 16));
  const LoopDisk upper(disk.node());
  EXPECT_THAT(in_use(disk.node()).message,
              StartsWith("behind the loop device " + upper.node() + "; 'losetup -d " +
                         upper.node() + "' frees it"));
}

TEST_F(Device, IsRefusedReadOnlyEvenWithForce) {
  const LoopDisk disk(folder_.file("disk", 16), true);
  for (const std::string& text : {disk.node(), disk.node() + " force"}) {
    const Error error = refused(text);
    EXPECT_EQ(error.errnum, EROFS);
    EXPECT_EQ(error.reason, Reason::device_read_only);
  }
}

TEST_F(Device, IsRefusedWithoutAnyBytes) {
  const LoopDisk disk(folder_.file("disk", 0));
  const Error error = refused(disk.node());
  EXPECT_EQ(error.errnum, EINVAL);
  EXPECT_EQ(error.reason, Reason::bad_value);
}

TEST_F(Device, IsRefusedUnderTheSystemEvenWithForce) {
  const LoopDisk disk(folder_.file("disk", 32));
  run("mkfs.ext4 -q " + disk.node());
  const MountedAt mount(disk.node(), "/boot", "ext4");
  for (const std::string& text : {disk.node(), disk.node() + " force"}) {
    const Error error = refused(text);
    EXPECT_EQ(error.errnum, EBUSY);
    EXPECT_EQ(error.reason, Reason::device_system);
    EXPECT_EQ(error.message,
              "the disk under /boot of this machine, which is never served, not even with 'force'; "
              "write another disk");
  }
}

TEST_F(Device, IsRefusedWhenAPartitionOfItIsUnderTheSystem) {
  LoopDisk disk(folder_.file("disk", 32));
  const std::string first = disk.add_partition(1, 1, 15);
  const std::string second = disk.add_partition(2, 16, 16);
  run("mkfs.ext4 -q " + first);
  const MountedAt mount(first, "/boot", "ext4");
  EXPECT_EQ(refused(disk.node() + " force").reason, Reason::device_system);
  EXPECT_EQ(refused(first + " force").reason, Reason::device_system);
  taken(second);
}

TEST_F(Device, ClaimKeepsOthersFromItUntilItsEnd) {
  const LoopDisk disk(folder_.file("disk", 16));
  auto claim = devices_.claim(device_path(disk.node()), Members::refuse);
  ASSERT_TRUE(claim) << claim.error().message;
  EXPECT_THROW(run("mkfs.ext4 -q " + disk.node()), std::runtime_error);
  in_use(disk.node());
  claim->reset();
  run("mkfs.ext4 -q " + disk.node());
}

TEST_F(Device, IsNotMistakenForAnotherWhenItsPathIsTurnedMeanwhile) {
  const LoopDisk free(folder_.file("free", 16));
  const LoopDisk busy(folder_.file("busy", 16));
  run("mkfs.ext4 -q " + busy.node());
  const MountedAt mount(busy.node(), mount_point_, "ext4");
  const std::string link = folder_ / "link";
  std::filesystem::create_symlink(busy.node(), link);
  std::jthread turner([&](const std::stop_token& stop) {
    for (bool to_free = true; !stop.stop_requested(); to_free = !to_free) {
      std::filesystem::create_symlink((to_free ? free : busy).node(), link + ".new");
      std::filesystem::rename(link + ".new", link);
    }
  });
  int found_free = 0;
  for (int times = 0; times < 300; ++times) {
    const auto examined = devices_.examine(device_path(link), Members::refuse);
    if (!examined) continue;
    ASSERT_EQ(examined->device.device, free.number());
    ++found_free;
  }
  EXPECT_GT(found_free, 0);
}

// udev would scan the disk again each time that such a descriptor is closed.
TEST_F(Device, IsNeverOpenedForWriting) {
  const LoopDisk disk(folder_.file("disk", 16));
  const auto claim = devices_.claim(device_path(disk.node()), Members::refuse);
  ASSERT_TRUE(claim);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    if (std::filesystem::read_symlink(entry.path(), error) != disk.node()) continue;
    const int flags = fcntl(std::stoi(entry.path().filename().string()), F_GETFL);
    EXPECT_EQ(flags & O_ACCMODE, O_RDONLY);
    return;
  }
  ADD_FAILURE() << "the claim holds no descriptor";
}

TEST_F(Device, IsRefusedWhenThePathOfItIsANodeWithoutDriver) {
  const std::string node = folder_ / "node";
  ASSERT_EQ(mknod(node.c_str(), S_IFBLK | 0600, makedev(260, 7)), 0);
  const Error error = refused(node);
  EXPECT_EQ(error.errnum, ENXIO);
  EXPECT_EQ(error.reason, Reason::device_missing);
}

}  // namespace
}  // namespace nvmeofs::test
