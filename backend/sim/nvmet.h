// What nvmet keeps besides the tree, shared by all items. Guarded by the kernel's lock.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "nvmeofs/address.h"
#include "sim/machine.h"

namespace nvmeofs {

// A host's connection to a subsystem. The kernel has one controller for each; its queues are of no
// interest here.
struct SimController {
  std::string subsystem;
  std::string host_nqn;
  TransportAddress address;  // ours, that the host came in by
  std::string peer;          // the host's address
  std::string port;          // directory name
};

}  // namespace nvmeofs

namespace nvmeofs::sim {

// NVMET_MAX_ANAGRPS.
inline constexpr std::uint32_t max_ana_groups = 128;

class Port;

struct Nvmet {
  SimMachine machine;
  std::vector<Port*> listening;
  std::vector<SimController> controllers;
  std::set<std::uint64_t> passed_through{};  // SimDevice::number of controllers
};

}  // namespace nvmeofs::sim
