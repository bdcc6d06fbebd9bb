// An address in the words of nvme-cli: transport, traddr and trsvcid.
#pragma once

#include <cstdint>
#include <string_view>

#include "nvmeofs/address.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

// Where discovery controllers are when no service is named: 8009 over TCP, 4420 over RDMA.
std::uint16_t default_discovery_trsvcid(Trtype trtype);

// `trsvcid` empty: the default of a discovery controller, or of a subsystem. No wildcard. EINVAL,
// EPROTONOSUPPORT.
Result<TransportAddress> fabrics_address(std::string_view transport, std::string_view traddr,
                                         std::string_view trsvcid, bool discovery);

}  // namespace nvmeofs
