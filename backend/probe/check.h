// What `nvmeofs check` prints: what this machine has for serving disks, and what it lacks.
#pragma once

#include <string>
#include <vector>

namespace nvmeofs {

struct CheckLine {
  std::string what;   // "module nvmet_tcp"
  bool ok = false;    // nothing to mend
  std::string found;  // "loaded"
  std::string mend;   // a command, or what to do; empty when ok
};

// Looks only: loads no module and mounts nothing. Asks librdmacm through the program given, see
// rdma_bind.h.
std::vector<CheckLine> check_machine(const std::string& rdma_bind);

}  // namespace nvmeofs
