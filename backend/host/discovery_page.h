// The discovery log page of a controller that this machine is connected to.
#pragma once

#include <chrono>
#include <string>

#include "nvmeofs/discovery_log.h"

namespace nvmeofs {

// By Get Log Page through the controller's device, "/dev/nvme3", as root. `patience`: for each of
// the pieces, after which the kernel gives the command up. ENOENT, Reason::gone; EIO,
// Reason::target_refused: the target's answer is a status; else the kernel's errno. Any thread.
Result<DiscoveryLog> discovery_page(const std::string& device, std::chrono::milliseconds patience);

}  // namespace nvmeofs
