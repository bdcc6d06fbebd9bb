// What of a discovery log is to be connected. Pure.
#pragma once

#include <vector>

#include "connect/join.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/discovery_log.h"

namespace nvmeofs::discoverer {

enum class Joining {
  all,   // also what is there and not connected
  news,  // but that: whoever disconnected it meant it
};

// In the order of the log, by the name of the subsystem or what its user called it; nothing of what
// is connected already at every address that is listed, nor of what something else than nvmeofs has
// connected.
std::vector<Join> joins(const DiscoveryLog& log, const ConnectionsSnapshot& connections,
                        Joining which);

}  // namespace nvmeofs::discoverer
