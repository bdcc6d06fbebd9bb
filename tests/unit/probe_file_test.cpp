// Regular files as disks.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "probe/device_probe.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

bool try_lock(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  return file && flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

class File : public ::testing::Test {
 protected:
  Error refused(const std::string& text) {
    const std::size_t before = open_descriptors();
    const auto examined = devices_.examine(device_path(text), Members::refuse);
    EXPECT_EQ(open_descriptors(), before);
    if (!examined) return examined.error();
    ADD_FAILURE() << text << " was taken";
    return {};
  }

  Error in_use(const std::string& text) {
    const Error error = refused(text);
    EXPECT_EQ(error.errnum, EBUSY);
    EXPECT_EQ(error.reason, Reason::device_in_use);
    return error;
  }

  void taken(const std::string& text) {
    const auto examined = devices_.examine(device_path(text), Members::refuse);
    EXPECT_TRUE(examined) << examined.error().message;
  }

  PrivateNamespace mounts_{CLONE_NEWNS};
  TempFolder folder_;
  MachineDevices devices_;
};

TEST_F(File, IsTakenWhenNobodyUsesIt) {
  const std::string file = folder_.file("disk", 4);
  taken(file);
  EXPECT_TRUE(try_lock(file));
}

TEST_F(File, IsRefusedWhenEmpty) {
  const Error error = refused(folder_.file("disk", 0));
  EXPECT_EQ(error.errnum, EINVAL);
  EXPECT_EQ(error.message,
            "0 bytes long, which no host can use as a disk; 'truncate -s 10G' makes a file one of "
            "10 GiB");
}

TEST_F(File, IsRefusedBehindALoopDevice) {
  const std::string file = folder_.file("disk", 4);
  const LoopDisk disk(file);
  EXPECT_THAT(in_use(file).message, StartsWith("behind the loop device " + disk.node() + "; "));
  taken(file + " force");
}

TEST_F(File, IsFoundBehindALoopDeviceUnderAnotherName) {
  const std::string file = folder_.file("disk", 4);
  const LoopDisk disk(file);
  std::filesystem::rename(file, folder_ / "renamed");
  in_use(folder_ / "renamed");
}

TEST_F(File, IsRefusedWhileSwappedTo) {
  const LoopDisk disk(folder_.file("disk", 64));
  run("mkfs.ext4 -q " + disk.node());
  std::filesystem::create_directory(folder_ / "mnt");
  const MountedAt mount(disk.node(), folder_ / "mnt", "ext4");
  const std::string file = folder_ / "mnt/swap";
  run("dd if=/dev/zero bs=1M count=8 status=none of=" + file + " && chmod 600 " + file);
  const SwapOn swap(file);
  EXPECT_THAT(in_use(file).message, StartsWith("a swap file in use; run 'swapoff' on it first"));
}

TEST_F(File, NamesTheProgramThatLockedIt) {
  const std::string file = folder_.file("disk", 4);
  const OtherProcess program(
      [&] { return flock(open(file.c_str(), O_RDWR | O_CLOEXEC), LOCK_EX | LOCK_NB) == 0; });
  const std::string pid = "(pid " + std::to_string(program.pid()) + ")";
  const Error error = in_use(file);
  EXPECT_THAT(error.message, StartsWith("locked by "));
  EXPECT_THAT(error.message, HasSubstr(pid));
  taken(file + " force");
}

TEST_F(File, IsRefusedWhileAVirtualMachineHasItLocked) {
  const std::string file = folder_.file("disk", 4);
  // QEMU's way: shared locks on single bytes of an open file description.
  const OtherProcess program([&] {
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 100;
    lock.l_len = 1;
    return fcntl(open(file.c_str(), O_RDWR | O_CLOEXEC), F_OFD_SETLK, &lock) == 0;
  });
  EXPECT_THAT(in_use(file).message, StartsWith("locked by another program, as a virtual machine"));
}

TEST_F(File, IsRefusedOnAReadOnlyFileSystemEvenWithForce) {
  const std::string file = folder_.file("disk", 4);
  const MountedAt bind(folder_.path(), folder_.path(), "", MS_BIND);
  ASSERT_EQ(mount("", folder_.path().c_str(), "", MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr), 0);
  for (const std::string& text : {file, file + " force"}) {
    const Error error = refused(text);
    EXPECT_EQ(error.errnum, EROFS);
    EXPECT_EQ(error.reason, Reason::device_read_only);
  }
}

TEST_F(File, IsKeptLockedByAClaimUntilItsEnd) {
  const std::string file = folder_.file("disk", 4);
  {
    const auto claim = devices_.claim(device_path(file), Members::refuse);
    ASSERT_TRUE(claim) << claim.error().message;
    EXPECT_FALSE(try_lock(file));
  }
  EXPECT_TRUE(try_lock(file));
}

TEST_F(File, IsKeptLockedByAForcedClaimToo) {
  const std::string file = folder_.file("disk", 4);
  const LoopDisk disk(file);
  const auto claim = devices_.claim(device_path(file + " force"), Members::refuse);
  ASSERT_TRUE(claim) << claim.error().message;
  EXPECT_FALSE(try_lock(file));
}

}  // namespace
}  // namespace nvmeofs::test
