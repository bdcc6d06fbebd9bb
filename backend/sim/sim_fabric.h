// Made-up targets on a made-up network: what a simulated host can connect to.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "nvmeofs/address.h"

namespace nvmeofs {

struct SimTarget {
  std::set<TransportAddress> addresses;
  std::set<std::string> hosts{};            // NQNs of those that may; empty: any
  std::vector<std::uint32_t> namespaces{};  // nsids
};

// A plain value without a lock.
struct SimFabric {
  std::map<std::string, SimTarget> targets;  // by NQN
  // Where a discovery controller is, besides each address of a target: it lists all of them.
  std::set<TransportAddress> discovery{};
  std::set<TransportAddress> silent{};  // nobody answers there, not even with a refusal

  // What `nvmeofs sim` starts with: one target, disk-array, with two disks,
  // and a discovery controller that lists it.
  static SimFabric example();

  // The inventory for a person: a line per target.
  std::string describe() const;
};

}  // namespace nvmeofs
