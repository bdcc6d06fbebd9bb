// The store of `state=none`: nothing outlives the program.
#pragma once

#include "nvmeofs/store.h"

namespace nvmeofs {

// No state: any thread.
class NoStore final : public Store {
 public:
  Result<StoredState> load() override { return StoredState{}; }
  Result<void> save(const StoredState&) override { return {}; }
};

}  // namespace nvmeofs
