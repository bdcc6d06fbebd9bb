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

// "/dev/infiniband/uverbs0", through which programs use the device; empty when it has none. Whether
// it is there is another question.
std::string verbs_node(const std::string& device);

}  // namespace nvmeofs
