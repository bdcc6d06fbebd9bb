// Discovery controllers in memory, that outlive engines as those on a disk do; fails when it is
// told to.
#pragma once

#include <mutex>

#include "nvmeofs/discovery_store.h"

namespace nvmeofs {

class MemoryDiscoveryStore : public DiscoveryStore {
 public:
  Result<std::map<std::string, StoredDiscovery>> load_discoveries() override {
    const std::lock_guard lock(mutex_);
    return stored_;
  }

  Result<void> save_discoveries(
      const std::map<std::string, StoredDiscovery>& discoveries) override {
    const std::lock_guard lock(mutex_);
    if (errnum_ != 0) return refuse(errnum_, Reason::not_saved, "refused by the test");
    stored_ = discoveries;
    return {};
  }

  // Every save from now on; 0: they work again.
  void fail_with(int errnum) {
    const std::lock_guard lock(mutex_);
    errnum_ = errnum;
  }
  std::map<std::string, StoredDiscovery> stored() {
    const std::lock_guard lock(mutex_);
    return stored_;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, StoredDiscovery> stored_;
  int errnum_ = 0;
};

}  // namespace nvmeofs
