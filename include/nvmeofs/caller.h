// Who asks.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace nvmeofs {

struct Caller {
  uid_t uid = 0;
  pid_t pid = 0;
  std::string command;          // /proc/<pid>/comm at the time of the request; untrusted
  gid_t gid = 0;                // of another user than root; root needs no group
  std::vector<gid_t> groups{};  // supplementary ones, likewise
  bool is_root() const { return uid == 0; }
};

}  // namespace nvmeofs
