// By whom a device is used. Any thread. Everything here is for the sentence that a person reads;
// what decides is the exclusive open, which sees users that no table names.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "nvmeofs/error.h"

namespace nvmeofs {

struct Use {
  std::string how;   // "mounted on /srv/data (ext4)"
  std::string mend;  // "unmount it first"
};

// The mount point that must not lose its disk (/, /boot, /boot/efi, /usr) and has this one below
// it, through whatever layers. An error: the mounts could not be read.
Result<std::optional<std::string>> system_mount_on(dev_t device);

// Users that the exclusive open does not see: a loop device on it, a suspended device-mapper table.
std::optional<Use> quiet_use(dev_t device);

// Who holds a block device whose exclusive open was refused, as far as a table names it.
std::optional<Use> named_use(dev_t device);

// Swap file, behind a loop device, or locked: by a flock, when we could not have that ourselves, or
// by record locks. `fd` is open on the file, for reading and writing.
std::optional<Use> file_use(int fd, const struct stat& file, bool lock_is_ours);

}  // namespace nvmeofs
