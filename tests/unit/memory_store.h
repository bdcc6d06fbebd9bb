// A store in memory, that outlives engines as a disk does, and fails when it is told to.
#pragma once

#include <cerrno>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "nvmeofs/store.h"

namespace nvmeofs {

class MemoryStore : public Store {
 public:
  Result<StoredState> load() override {
    const std::lock_guard lock(mutex_);
    return state_;
  }

  Result<void> save(const StoredState& state) override {
    if (before_save) before_save();
    const std::lock_guard lock(mutex_);
    if (errnum_ != 0) return refuse(errnum_, Reason::not_saved, "refused by the test");
    if (refused_ && refused_(state_, state))
      return refuse(ENOSPC, Reason::not_saved, "refused by the test");
    state_ = state;
    ++saves_;
    return {};
  }

  // Every save from now on; 0: they work again.
  void fail_with(int errnum) {
    const std::lock_guard lock(mutex_);
    errnum_ = errnum;
  }
  // Each save of which this is true, ENOSPC.
  void refuse_if(std::function<bool(const StoredState& now, const StoredState& next)> refused) {
    const std::lock_guard lock(mutex_);
    refused_ = std::move(refused);
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    state_ = {};
  }
  StoredState state() {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  int saves() {
    const std::lock_guard lock(mutex_);
    return saves_;
  }

  std::function<void()> before_save;  // set while nothing saves

 private:
  std::mutex mutex_;
  StoredState state_;
  int errnum_ = 0;
  std::function<bool(const StoredState&, const StoredState&)> refused_;
  int saves_ = 0;
};

}  // namespace nvmeofs
