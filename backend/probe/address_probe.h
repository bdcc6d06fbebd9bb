// The addresses of this machine.
#pragma once

#include "nvmeofs/probe.h"

namespace nvmeofs {

// Keeps nothing between calls: any thread. Loads rdma_ucm when an RDMA address is asked for and it
// is not there.
class MachineAddresses : public AddressProbe {
 public:
  Result<void> check(const TransportAddress& address) override;
};

}  // namespace nvmeofs
