// One connection that something asks for (a discovery log, a config.json), in the requests to
// Connections that this takes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connect/requests.h"
#include "nvmeofs/connections.h"

namespace nvmeofs {

// It is made first, or gets these paths and options too, and is connected.
struct Join {
  std::string name;  // of the connection
  bool make = false;
  bool connect = false;
  std::vector<TransportAddress> paths{};
  std::map<std::string, std::string> options{};
  bool operator==(const Join&) const = default;
};

// A connection that was made for it is taken away again when the rest is refused. The requests go
// by its name.
Chain<ConnectionRequest> chain_of(const Join& join, const Caller& caller);

}  // namespace nvmeofs
