// The file `topology.dot`: who is connected to what, for Graphviz. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/export.h"
#include "nvmeofs/sessions.h"
#include "nvmeofs/snapshot.h"

namespace nvmeofs {

struct ExportTopology {
  State state = State::disabled;
  Export wanted;
  std::set<TransportAddress> listening{};  // the kernel serves it there
  std::vector<Client> clients{};
};

struct ConnectionTopology {
  ConnectionStatus status;
  std::vector<std::string> devices{};  // "/dev/nvme1n1"
};

struct Topology {
  std::map<std::string, ExportTopology> exports{};          // by name
  std::map<std::string, ConnectionTopology> connections{};  // by name
};

// Equal values make equal texts, to the byte.
std::string topology_text(const Topology& topology);

}  // namespace nvmeofs
