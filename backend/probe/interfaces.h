// The addresses of this machine's network interfaces. Any thread.
#pragma once

#include <string>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

struct InterfaceAddress {
  std::string interface;
  unsigned index = 0;
  Adrfam adrfam{};
  std::string address;    // inet_ntop form, without prefix length and zone
  std::string broadcast;  // IPv4; empty: none
  bool link_local = false;
  bool loopback = false;
  bool tentative = false;  // still looked for on other machines: it cannot be bound yet

  std::string traddr() const;  // as TransportAddress has it, with the zone when it needs one
};

Result<std::vector<InterfaceAddress>> interface_addresses();

}  // namespace nvmeofs
