// What decides whether a port can listen: its four texts, the machine, and who listens already.
#pragma once

#include <string>
#include <vector>

#include "nvmeofs/address.h"
#include "sim/machine.h"
#include "sim/syscall.h"

namespace nvmeofs::sim {

// The kernel parses a port's texts when the port gets its first link (inet_pton_with_scope), and
// says EINVAL to everything that it does not like: an unset trtype, one that it has no module for,
// a host name, an address of the other family, a link-local one without a zone.
Syscall<TransportAddress> parse_listen_address(const std::string& trtype, const std::string& adrfam,
                                               const std::string& traddr,
                                               const std::string& trsvcid,
                                               const SimMachine& machine);

// bind(2) for tcp, rdma_bind_addr for rdma, which are of different minds about wildcards.
// EADDRNOTAVAIL, EADDRINUSE, ENODEV.
Syscall<void> check_listen(const TransportAddress& address, const SimMachine& machine,
                           const std::vector<TransportAddress>& listening);

}  // namespace nvmeofs::sim
