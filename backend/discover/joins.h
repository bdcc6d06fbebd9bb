// What of a discovery log is to be connected. Pure.
#pragma once

#include <string>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/discovery_log.h"
#include "nvmeofs/nqn.h"

namespace nvmeofs::discoverer {

// One connection: it is made first, or gets these paths too, and is connected.
struct Join {
  std::string name;  // of the connection: that of the subsystem, or what its user called it
  bool make = false;
  bool connect = false;
  std::vector<TransportAddress> paths{};
  bool operator==(const Join&) const = default;
};

enum class Joining {
  all,   // also what is there and not connected
  news,  // but that: whoever disconnected it meant it
};

// In the order of the log; nothing of what is connected already at every address that is listed,
// nor of what something else than nvmeofs has connected.
std::vector<Join> joins(const DiscoveryLog& log, const ConnectionsSnapshot& connections,
                        Joining which);

}  // namespace nvmeofs::discoverer
