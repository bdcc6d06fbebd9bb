// The kernel's TCP sockets, by sock_diag: those of the network namespace that we are in, which is
// the one that our own ports listen in.
#pragma once

#include <cstdint>
#include <set>

#include "connection.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

// Listeners and established connections whose own end has one of these port numbers. A socket of
// nvmet's looks like any other one (its inode too): that it is nvmet's follows from the address,
// which no two listeners share.
Result<Tables> read_tcp_table(const std::set<std::uint16_t>& services);

}  // namespace nvmeofs
