// What of a connection is there, between what is wanted and what the kernel has. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/connection.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/host_topology.h"

namespace nvmeofs {

// Pointers lead into the topology.
struct Reconciled {
  std::map<TransportAddress, const HostController*> there;  // wanted, in whatever state
  std::vector<TransportAddress> missing;                    // wanted, in the connection's order
  std::vector<const HostController*> others;  // of the same subsystem, at no address of ours

  bool any_live() const;
  bool all_live() const;  // and at least one
};

// A controller counts as the wanted path when it has the subsystem and the address, and the host
// NQN where the connection names one: the kernel too tells paths apart by these. Of several, one
// that is live before the others; they are `others` then.
Reconciled reconcile(const Connection& wanted, const HostTopology& topology);

ConnectionState state_of(const ConnectionView& view, const HostTopology& topology);

// Connections as the kernel alone tells them, by the NQN of the subsystem; without discovery
// controllers, which are no connections, and without the subsystems that are `ours`.
std::map<std::string, Connection> foreign_connections(const HostTopology& topology,
                                                      const std::set<std::string>& ours);

// Every controller of the subsystem that is not one for discovery.
std::vector<const HostController*> controllers_of(const HostTopology& topology,
                                                  std::string_view subsystem);

// The disks that a controller among `leaving` leads to, and no live one that stays. A path that is
// not live counts too: I/O on the disk may be waiting for it to come back.
std::set<std::string> disks_lost(const HostTopology& topology,
                                 const std::set<std::string>& leaving);

}  // namespace nvmeofs
