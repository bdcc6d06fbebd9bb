// Tells that the machine has changed: disks, addresses and RDMA devices that come and go, sizes,
// file systems that are mounted.
#pragma once

#include <set>
#include <string>

namespace nvmeofs {

class MachineWatch {
 public:
  virtual ~MachineWatch() = default;

  // Becomes readable when something happened that can make a path or an address usable, or take it
  // away; clear() makes it unreadable. -1: changes are not told. It may be readable without need,
  // never the other way round.
  virtual int fd() const = 0;

  // Takes what has been told. Thread of follow().
  virtual void clear() = 0;

  // The paths of devices that are of interest from now on: regular files are seen to come and go
  // only below these. Block devices are told whatever they are.
  virtual void follow(const std::set<std::string>& paths) = 0;
};

}  // namespace nvmeofs
