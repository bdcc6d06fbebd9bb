#include "held_device.h"

#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <string>
#include <utility>

#include "block_tree.h"

namespace nvmeofs {
namespace {

std::optional<std::uint64_t> sequence_of(int fd) {
  std::uint64_t sequence = 0;
  if (ioctl(fd, BLKGETDISKSEQ, &sequence) != 0) return std::nullopt;
  return sequence;
}

}  // namespace

HeldDevice::HeldDevice(Disk disk, Fd fd) : Claim(std::move(disk)), fd_(std::move(fd)) {
  if (device().block) sequence_ = sequence_of(fd_.get());
}

// The descriptor itself tells nothing: the ioctls of a disk that was pulled out go on answering
// from memory. Its folder in sysfs goes, and comes again with another number.
bool HeldDevice::present() const {
  if (!device().block) {
    struct stat status {};
    return fstat(fd_.get(), &status) == 0 && status.st_nlink > 0;
  }
  if (!block_attribute(device().device, "dev")) return false;
  if (!sequence_) return true;
  return block_attribute(device().whole, "diskseq") == std::to_string(*sequence_);
}

std::string HeldDevice::appearance() const {
  if (!device().block) return fmt::format("file {}:{}", device().device, device().inode);
  return sequence_ ? fmt::format("disk {} of {}", device().device, *sequence_)
                   : fmt::format("disk {}", device().device);
}

std::uint64_t HeldDevice::bytes() const {
  if (!device().block) {
    struct stat status {};
    return fstat(fd_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }
  std::uint64_t size = 0;
  return ioctl(fd_.get(), BLKGETSIZE64, &size) == 0 ? size : 0;
}

}  // namespace nvmeofs
