// The stores of `state=none`: nothing outlives the program.
#pragma once

#include <map>
#include <string>

#include "nvmeofs/connection_store.h"
#include "nvmeofs/discovery_store.h"
#include "nvmeofs/store.h"

namespace nvmeofs {

// No state: any thread.
class NoStore final : public Store {
 public:
  Result<StoredState> load() override { return StoredState{}; }
  Result<void> save(const StoredState&) override { return {}; }
};

class NoConnectionStore final : public ConnectionStore {
 public:
  Result<std::map<std::string, StoredConnection>> load() override {
    return std::map<std::string, StoredConnection>{};
  }
  Result<void> save(const std::map<std::string, StoredConnection>&) override { return {}; }
};

class NoDiscoveryStore final : public DiscoveryStore {
 public:
  Result<std::map<std::string, StoredDiscovery>> load_discoveries() override {
    return std::map<std::string, StoredDiscovery>{};
  }
  Result<void> save_discoveries(const std::map<std::string, StoredDiscovery>&) override {
    return {};
  }
};

}  // namespace nvmeofs
