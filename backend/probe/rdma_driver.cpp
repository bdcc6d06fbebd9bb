#include "rdma_driver.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "rdma_devices.h"

namespace nvmeofs {

// Without ibverbs-providers librdmacm finds no device, and ends with ENODEV before it has bound
// anything, the wildcard neither (version 44, rxe, on 6.1, 6.12 and 7.2). It does the same where
// the device's node is missing, in a container for one.
Result<std::optional<MissingDriver>> missing_driver(const std::vector<std::string>& devices,
                                                    RdmaBind& rdma) {
  if (devices.empty()) return std::nullopt;
  const auto known = rdma.devices();
  if (!known) return tl::unexpected<Error>(known.error());
  std::vector<std::string> unknown;
  for (const auto& device : devices) {
    if (std::find(known->begin(), known->end(), device) != known->end()) continue;
    const std::string node = verbs_node(device);
    if (!node.empty() && access(node.c_str(), F_OK) != 0) {
      return MissingDriver{
          fmt::format("librdmacm cannot use the RDMA device {}: {} is missing", device, node),
          "give this program the whole of /dev/infiniband, as udev makes it"};
    }
    unknown.push_back(device);
  }
  if (unknown.empty()) return std::nullopt;
  return MissingDriver{fmt::format("librdmacm has no driver for the RDMA device{} {}",
                                   unknown.size() == 1 ? "" : "s", fmt::join(unknown, ", ")),
                       "install the package ibverbs-providers"};
}

}  // namespace nvmeofs
