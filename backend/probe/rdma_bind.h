// Asking the RDMA connection manager for an address.
#pragma once

#include <sys/socket.h>

#include "nvmeofs/error.h"

namespace nvmeofs {

// Whether an RDMA device answers for this address of this machine: binds it as the kernel's target
// does, but to service 0, and gives it up at once. Not for a wildcard, which needs no device. Any
// thread. Loads rdma_ucm when it is not there. Errors: the connection manager cannot be asked.
Result<bool> rdma_answers_for(const sockaddr_storage& address);

}  // namespace nvmeofs
