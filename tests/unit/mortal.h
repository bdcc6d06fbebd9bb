// A program that is killed: from some moment on nothing of it reaches the kernel or the disk.
#pragma once

#include <atomic>
#include <cerrno>

#include "faulty_backend.h"
#include "memory_store.h"

namespace nvmeofs {

// Counts what reaches the outside, and lets nothing through from some moment on, as SIGKILL does.
class Life {
 public:
  void end_before(int effect) { left_ = effect; }
  void live() { left_ = -1; }
  // Whether the next effect still happens.
  bool take() {
    if (left_ == 0) return false;
    if (left_ > 0) --left_;
    return true;
  }
  bool ended() const { return left_ == 0; }

 private:
  std::atomic<int> left_ = -1;  // -1: for ever
};

class MortalBackend : public FaultyBackend {
 public:
  MortalBackend(Backend& backend, Life& life) : FaultyBackend(backend), life_(life) {}
  Result<void> perform(const Step& step) override {
    if (!life_.take()) return refuse(EINTR, Reason::kernel_refused, "dead");
    return FaultyBackend::perform(step);
  }

 private:
  Life& life_;
};

class MortalStore : public Store {
 public:
  MortalStore(MemoryStore& store, Life& life) : store_(store), life_(life) {}
  Result<StoredState> load() override { return store_.load(); }
  Result<void> save(const StoredState& state) override {
    if (!life_.take()) return refuse(EINTR, Reason::not_saved, "dead");
    auto saved = store_.save(state);
    if (!saved && ends_when_refused_) life_.end_before(0);
    return saved;
  }
  // It is killed before the save that the store refuses.
  void end_when_refused() { ends_when_refused_ = true; }

 private:
  MemoryStore& store_;
  std::atomic<bool> ends_when_refused_ = false;
  Life& life_;
};

}  // namespace nvmeofs
