// One program manages one kernel: two would undo each other's work.
#pragma once

#include <string>

#include "nvmeofs/error.h"
#include "nvmeofs/fd.h"

namespace nvmeofs {

// Held until the descriptor is closed, by the end of the program at the latest. EBUSY says who has
// it: the process, and where it is mounted.
Result<Fd> lock_kernel(const std::string& mountpoint);

}  // namespace nvmeofs
