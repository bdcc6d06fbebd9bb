// The RDMA devices of this machine, as sysfs has them. Any thread; loads and opens nothing.
#pragma once

#include <string>
#include <vector>

namespace nvmeofs {

struct RdmaDevice {
  std::string name;                  // "mlx5_0", "rxe0"
  std::vector<std::string> netdevs;  // the interfaces whose addresses it answers for
};

bool has_rdma_device();
std::vector<RdmaDevice> rdma_devices();

}  // namespace nvmeofs
