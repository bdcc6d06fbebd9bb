// Disks that this machine has from others, over a network.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace nvmeofs {

// What a controller's `transport` says of it; nothing: it has none.
bool is_fabric(const std::optional<std::string>& transport);

// The NQN of the subsystem that the device, or one that it lies on, is a namespace of; nothing when
// none of them came over a fabric. From sysfs alone: a disk whose target is away would not let
// itself be opened. Any thread.
std::optional<std::string> fabrics_subsystem(dev_t device);

}  // namespace nvmeofs
