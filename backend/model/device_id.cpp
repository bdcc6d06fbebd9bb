#include <algorithm>

#include "nvmeofs/probe.h"

namespace nvmeofs {

bool DeviceId::same(const DeviceId& other) const {
  return block == other.block && device == other.device && inode == other.inode;
}

bool DeviceId::overlaps(const DeviceId& other) const {
  if (same(other)) return true;
  return block && other.block && (whole == other.device || device == other.whole);
}

bool Controller::has(const DeviceId& device) const {
  return std::any_of(disks.begin(), disks.end(),
                     [&](const DeviceId& disk) { return disk.overlaps(device); });
}

}  // namespace nvmeofs
