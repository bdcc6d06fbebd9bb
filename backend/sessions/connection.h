// What the kernel's tables say of its own ends: who listens, and who is connected to whom.
#pragma once

#include <sys/socket.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nvmeofs/address.h"

namespace nvmeofs {

// One queue of one controller, or something that has reached the port and become no controller.
struct HostConnection {
  // The kernel's name for it, given once while the machine runs: a socket's cookie, or an RDMA
  // device's index and the number of its cm_id. Addresses and ports come back, these do not.
  struct Id {
    Trtype trtype{};
    std::uint64_t number = 0;
    auto operator<=>(const Id&) const = default;
  };

  Id id;
  TransportAddress local;
  std::string peer;  // without port
};

struct Tables {
  std::vector<TransportAddress> listeners;
  std::vector<HostConnection> connections;
};

// A socket's end as an address of ours. Nothing for families that no port of ours has. An IPv4
// address in IPv6 clothes, which a port on [::] sees, is an IPv4 address. `interface` is the one
// that a link-local address is on, 0 where it is not known.
std::optional<TransportAddress> address_of_socket(Trtype trtype, const sockaddr_storage& address);
TransportAddress address_of_socket(Trtype trtype, int family, const void* bytes, std::uint16_t port,
                                   unsigned interface);

}  // namespace nvmeofs
