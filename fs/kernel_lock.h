// One program manages one kernel: two would undo each other's work.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "nvmeofs/error.h"
#include "nvmeofs/fd.h"

namespace nvmeofs {

struct KernelHolder {
  pid_t pid = 0;
  std::string mountpoint{};  // empty: no mount, as of `nvmeofs stop`
  std::string state{};       // the state file, or "none"
};

// Held until the descriptor is closed, by the end of the program at the latest. EBUSY says who has
// it: the process, and where it is mounted. The holder's pid is ours, whatever is given.
Result<Fd> lock_kernel(const KernelHolder& holder);

// The same, after the one who has it has let go: at most so many seconds later. Before any thread
// is started, as it takes SIGALRM.
Result<Fd> lock_kernel_within(const KernelHolder& holder, unsigned seconds);

// Who holds the lock, or held it last since boot; nothing when nobody has.
std::optional<KernelHolder> kernel_holder();

}  // namespace nvmeofs
