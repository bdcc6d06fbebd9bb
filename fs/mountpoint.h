// Where to mount, looked at before anything is mounted there.
#pragma once

#include <string>

#include "nvmeofs/error.h"

namespace nvmeofs {

// The absolute path of what exists there, with symbolic links followed. Does not depend on the
// directory that the program is in later on.
Result<std::string> resolve_mountpoint(const std::string& path);

// Makes sure that `resolved` is a directory with no nvmeofs on it. A mount of ours whose program is
// dead ("Transport endpoint is not connected") is taken away, as many as there are; one that is
// alive is EBUSY. Before mounting: afterwards it would wait for ourselves.
Result<void> clear_mountpoint(const std::string& resolved);

}  // namespace nvmeofs
