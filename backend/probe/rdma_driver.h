// RDMA devices that the kernel has and librdmacm cannot use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nvmeofs/error.h"
#include "rdma_bind.h"

namespace nvmeofs {

struct MissingDriver {
  std::string found;  // "librdmacm has no driver for the RDMA device rxe0"
  std::string mend;   // "install the package ibverbs-providers"
};

// What librdmacm lacks for those of the devices that it does not find; nothing when it finds them
// all. Each kind of adapter has a driver in user space, which the kernel's target does not need and
// librdmacm does. Waits, and fails, as RdmaBind; with no device it is not asked.
Result<std::optional<MissingDriver>> missing_driver(const std::vector<std::string>& devices,
                                                    RdmaBind& rdma);

}  // namespace nvmeofs
