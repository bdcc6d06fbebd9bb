// What is kept of discovery controllers over restarts.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "nvmeofs/discovery.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

struct StoredDiscovery {
  Discovery wanted;
  std::chrono::system_clock::time_point made{};
  bool operator==(const StoredDiscovery&) const = default;
};

// One thread, the one of Discoveries.
class DiscoveryStore {
 public:
  virtual ~DiscoveryStore() = default;

  // By name; as Store::load() and save() for errors.
  virtual Result<std::map<std::string, StoredDiscovery>> load_discoveries() = 0;
  virtual Result<void> save_discoveries(
      const std::map<std::string, StoredDiscovery>& discoveries) = 0;
};

}  // namespace nvmeofs
