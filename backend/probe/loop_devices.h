// What is behind the loop devices. Any thread.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

namespace nvmeofs {

// The loop device ("/dev/loop3") that has this file or block device behind it.
std::optional<std::string> loop_device_on(const struct stat& backing);

}  // namespace nvmeofs
