// Whether anybody listens at an address, asked in a way that holds up nobody else.
#pragma once

#include <chrono>
#include <string>

#include "nvmeofs/address.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

struct Way {
  TransportAddress address;
  std::string host_traddr{};  // to come from; empty: any
  std::string host_iface{};   // to go through; empty: any
};

// An ordinary TCP connection, given up as soon as it is there. 0, or an errno: ETIMEDOUT when the
// limit is over. Any thread.
int try_tcp(const Way& way, std::chrono::milliseconds limit);

}  // namespace nvmeofs
