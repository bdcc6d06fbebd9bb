// What is behind the loop devices. Any thread.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

namespace nvmeofs {

// The loop device ("/dev/loop3") that has this file or block device behind it.
std::optional<std::string> loop_device_on(const struct stat& backing);

// What a loop device has behind it.
struct LoopBacking {
  dev_t block = 0;           // a block device; 0: a file
  std::string path;          // of the file, as it was named when the loop device was set up
  dev_t device = 0;          // st_dev of the file
  ino_t inode = 0;           // st_ino of the file, whatever the path leads to by now
  std::uint64_t offset = 0;  // of the disk's first byte
};

// Nothing for a device that is no loop device, or has nothing behind it. Opens the device.
std::optional<LoopBacking> loop_backing(dev_t loop);

}  // namespace nvmeofs
