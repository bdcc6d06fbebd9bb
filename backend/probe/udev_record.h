// What udev has written down about a device. Any thread; opens no device and waits for nothing.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace nvmeofs {

// A property of a block device, as `udevadm info` prints it; nothing where udev does not run or has
// not come to the device yet.
std::optional<std::string> udev_property(dev_t device, const char* name);

}  // namespace nvmeofs
