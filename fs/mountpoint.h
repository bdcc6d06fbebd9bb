// Where to mount, looked at before anything is mounted there.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "nvmeofs/error.h"

namespace nvmeofs {

// The absolute path of what exists there, with symbolic links followed. Does not depend on the
// directory that the program is in later on.
Result<std::string> resolve_mountpoint(const std::string& path);

// The source, nvmet or sim, of the nvmeofs that is mounted on exactly this path; empty when none
// is. Does not touch the mount.
Result<std::string> mounted_source(const std::string& resolved);

// The device number of what is mounted on exactly this path; nothing when nothing is.
std::optional<dev_t> mounted_device(const std::string& resolved);
// Whether it is mounted in this mount namespace, wherever. Yes when that cannot be known.
bool is_mounted(dev_t device);

// Makes sure that `resolved` is a directory with no nvmeofs on it. A mount of ours whose program is
// dead ("Transport endpoint is not connected") is taken away, as many as there are; one that is
// alive is EBUSY. Before mounting: afterwards it would wait for ourselves.
Result<void> clear_mountpoint(const std::string& resolved);

}  // namespace nvmeofs
