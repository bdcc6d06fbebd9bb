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

// Looks only: loads no module and mounts nothing.
std::vector<CheckLine> check_machine();

}  // namespace nvmeofs
