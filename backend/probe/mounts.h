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

// Paths of the swap devices and swap files in use.
Result<std::vector<std::string>> swaps();

}  // namespace nvmeofs
