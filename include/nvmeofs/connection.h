// A connection: one subsystem that this machine uses, by one path or several. What the user wants;
// the kernel's side of it is in host_topology.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/nqn.h"

namespace nvmeofs {

struct Connection {
  Nqn name;                                   // of its directory
  std::optional<Nqn> nqn{};                   // of the subsystem; nothing: the name
  std::vector<TransportAddress> addresses{};  // no two equal, none a wildcard; one path each
  bool connected = false;
  // By the name of the file in options/, as checked by connection_option.h; what is not there is
  // left to the kernel. Values of secrets are in here too: only the store and the initiator may
  // look at them.
  std::map<std::string, std::string> options{};

  const Nqn& subsystem() const { return nqn ? *nqn : name; }
  bool operator==(const Connection&) const = default;
};

}  // namespace nvmeofs
