// What a disk has done, as the kernel counts it.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>

#include "nvmeofs/fd.h"
#include "probe/device_probe.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

class Io : public ::testing::Test {
 protected:
  DeviceIo of(const std::string& path) {
    return devices_.io(devices_.identify(path).value()).value();
  }
  int refusal(const DeviceId& device) {
    const auto io = devices_.io(device);
    return io ? 0 : io.error().errnum;
  }
  // Past the page cache, so that the disk does it at once: one write, or one read.
  static void write(const std::string& node, std::size_t size) {
    const Fd fd(open(node.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
    const auto bytes = aligned(size);
    ASSERT_EQ(pwrite(fd.get(), bytes.get(), size, 0), static_cast<ssize_t>(size));
  }
  static void read(const std::string& node, std::size_t size) {
    const Fd fd(open(node.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
    const auto bytes = aligned(size);
    ASSERT_EQ(pread(fd.get(), bytes.get(), size, 0), static_cast<ssize_t>(size));
  }

  TempFolder folder_;
  MachineDevices devices_;

 private:
  static std::unique_ptr<void, decltype(&std::free)> aligned(std::size_t size) {
    return {std::aligned_alloc(4096, size), &std::free};
  }
};

// udev reads a disk when it likes, and writes to none.
TEST_F(Io, GrowsByWhatIsWritten) {
  const LoopDisk disk(folder_.file("disk", 16));
  const DeviceIo before = of(disk.node());
  write(disk.node(), 65536);
  const DeviceIo after = of(disk.node());
  EXPECT_EQ(after.bytes_written, before.bytes_written + 65536);
  EXPECT_EQ(after.writes, before.writes + 1);
}

TEST_F(Io, GrowsByWhatIsRead) {
  const LoopDisk disk(folder_.file("disk", 16));
  const DeviceIo before = of(disk.node());
  read(disk.node(), 65536);
  const DeviceIo after = of(disk.node());
  EXPECT_GE(after.bytes_read, before.bytes_read + 65536);
  EXPECT_GT(after.reads, before.reads);
}

TEST_F(Io, OfAPartitionIsItsOwn) {
  LoopDisk disk(folder_.file("disk", 16));
  const std::string first = disk.add_partition(1, 1, 4);
  const std::string second = disk.add_partition(2, 8, 4);
  const DeviceIo before = of(first);
  const DeviceIo other = of(second);
  const DeviceIo whole = of(disk.node());
  write(first, 8192);
  EXPECT_EQ(of(first).bytes_written, before.bytes_written + 8192);
  EXPECT_EQ(of(second).bytes_written, other.bytes_written);
  EXPECT_EQ(of(disk.node()).bytes_written, whole.bytes_written + 8192);
}

TEST_F(Io, OfAFileIsNotCounted) {
  EXPECT_EQ(refusal(devices_.identify(folder_.file("file", 1)).value()), ENOTBLK);
}

TEST_F(Io, OfADiskThatIsGoneIsNotThere) {
  std::optional<LoopDisk> disk;
  disk.emplace(folder_.file("disk", 16));
  LoopDisk split(folder_.file("split", 16));
  const DeviceId partition = devices_.identify(split.add_partition(1, 1, 4)).value();
  EXPECT_EQ(refusal(partition), 0);
  EXPECT_EQ(refusal(DeviceId{.block = true, .device = ~0U, .inode = 0, .whole = ~0U}), ENOENT);
}

}  // namespace
}  // namespace nvmeofs::test
