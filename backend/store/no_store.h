// The stores of `state=none`: nothing outlives the program.
#pragma once

#include <map>
#include <string>

#include "nvmeofs/connection_store.h"
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

}  // namespace nvmeofs
