// The kernel's RDMA connections (rdma_cm ids) that nvmet holds, by the kernel's resource list:
// what `rdma resource show cm_id` shows.
#pragma once

#include "connection.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

// Of all RDMA devices. A listener on every address is listed once for each device; where there is
// no device, nothing listens. Empty on a kernel without RDMA.
Result<Tables> read_rdma_table();

}  // namespace nvmeofs
