#include "fabrics_disk.h"

#include <sys/sysmacros.h>

#include <boost/filesystem.hpp>

#include "block_tree.h"

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;

// With native multipath the disk hangs below its subsystem, and the controllers beside it; else
// below its one controller.
bool is_over_fabric(dev_t disk) {
  if (is_fabric(block_attribute(disk, "device/transport"))) return true;
  boost::system::error_code error;
  const fs::path folder = fs::path("/sys/dev/block") /
                          (std::to_string(major(disk)) + ":" + std::to_string(minor(disk))) /
                          "device";
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (is_fabric(block_attribute(disk, "device/" + name + "/transport"))) return true;
  }
  return false;
}

}  // namespace

bool is_fabric(const std::optional<std::string>& transport) {
  return transport && *transport != "pcie";
}

std::optional<std::string> fabrics_subsystem(dev_t device) {
  for (const dev_t layer : layers_below(device)) {
    const dev_t disk = whole_disk(layer);
    if (is_over_fabric(disk)) return block_attribute(disk, "device/subsysnqn").value_or("");
  }
  return std::nullopt;
}

}  // namespace nvmeofs
