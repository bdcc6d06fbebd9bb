// The kernel's NVMe host as sysfs shows it.
#pragma once

#include <string>

#include "nvmeofs/host_topology.h"

namespace nvmeofs {

// Below `sysfs`, which is "/sys" but for tests. Opens no device and sends nothing. Any thread.
// Controllers of this machine's own bus are left out, and so is one that comes or goes while it is
// read: the event that tells of it is the reason to look again. A namespace is left out as long as
// its disk is not there, which is so until one of its paths can be used.
//
// An error: the folder of the controllers is there and cannot be read.
Result<HostTopology> sysfs_topology(const std::string& sysfs);

}  // namespace nvmeofs
