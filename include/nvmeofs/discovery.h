// A directory of discovery/: the address of a discovery controller, and what is to be done with
// what it lists.
#pragma once

#include <string>
#include <string_view>

#include "nvmeofs/address.h"

namespace nvmeofs {

struct Discovery {
  std::string name;  // of its directory, as it was typed
  TransportAddress address{};
  bool connect_all = false;  // what it lists is to be connected
  bool persistent = false;   // a controller is kept, and its changes are followed
  bool operator==(const Discovery&) const = default;
};

// `[transport:]address[:service]`: an address without the slashes, which no name of a directory can
// have. Without a service 8009 over TCP and 4420 over RDMA, as nvme-cli has it. No wildcard.
// TransportAddress::name() is one. EINVAL, EPROTONOSUPPORT, EAFNOSUPPORT.
Result<TransportAddress> parse_discovery_name(std::string_view name, Trtype default_transport);

}  // namespace nvmeofs
