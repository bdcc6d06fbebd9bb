// The addresses of this machine.
#pragma once

#include <string>

#include "nvmeofs/probe.h"
#include "rdma_bind.h"

namespace nvmeofs {

// Any thread. Loads rdma_ucm when an RDMA address is asked for and it is not there; asks librdmacm
// through the program given (rdma_bind_program()), and waits for it as rdma_bind.h says.
class MachineAddresses : public AddressProbe {
 public:
  explicit MachineAddresses(std::string rdma_bind) : rdma_(std::move(rdma_bind)) {}
  Result<void> check(const TransportAddress& address) override;
  Result<void> check_tls() override;

 private:
  RdmaBind rdma_;
};

}  // namespace nvmeofs
