// Which thing a path leads to.
#pragma once

#include <string>

#include "nvmeofs/error.h"
#include "nvmeofs/probe.h"

namespace nvmeofs {

// DeviceProbe::identify(): follows symbolic links, opens nothing. A path below a mount of nvmeofs
// is refused without touching that mount.
Result<DeviceId> identify_device(const std::string& path);

}  // namespace nvmeofs
