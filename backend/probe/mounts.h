// What is mounted and what is swapped to, in the mount namespace of this process. Any thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "nvmeofs/error.h"

namespace nvmeofs {

struct Mount {
  std::string target;
  std::string type;
  std::vector<dev_t> devices;  // block devices under it; more than one for btrfs, none for tmpfs
  dev_t device = 0;            // st_dev of what is in it
};

// In the order of mounting. Touches no file of any mounted file system.
Result<std::vector<Mount>> mounted();

bool lies_below(const std::string& path, const std::string& folder);  // or is it

// A mount of nvmeofs, this one or another's: whoever looks at a file there waits for the program
// that serves it, which may be the one that looks.
bool is_own(const Mount& mount);

// The own mount that a path without `.` and `..` goes through by its name; nullptr: none.
const Mount* own_mount_over(const std::vector<Mount>& mounts, const std::string& path);

// The mount that a path without links, `.` and `..` lies on; nullptr: none is known.
const Mount* mount_of(const std::vector<Mount>& mounts, const std::string& path);

// Paths of the swap devices and swap files in use.
Result<std::vector<std::string>> swaps();

}  // namespace nvmeofs
