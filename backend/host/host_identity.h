// As which host this machine connects, kept where nvme-cli keeps it.
#pragma once

#include <string>

#include "nvmeofs/host_topology.h"
#include "nvmeofs/initiator.h"

namespace nvmeofs {

// The files hostnqn and hostid, one line each, in `folder`; what is missing is made there, from the
// other one, or from the UUID that the machine's firmware gives it (below `sysfs`), or by chance,
// and stays. Two programs that make them at once end with the same pair. Any thread.
//
// EINVAL, Reason::host_identity: a file that holds no such thing, or two that do not belong
// together; EINVAL of conflict_of(). The errno of making them, Reason::not_saved.
Result<HostIdentity> kept_host_identity(const std::string& folder, const std::string& sysfs);

}  // namespace nvmeofs
