// An immutable picture that one thread makes and all others look at.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace nvmeofs {

template <class Snapshot>
class Published {
 public:
  using Observer = std::function<void(const Snapshot& before, const Snapshot& after)>;

  // Called from the thread that publishes, with no lock held, after each publish(). Set before the
  // first one.
  void observe(Observer observer) { observer_ = std::move(observer); }

  // One thread.
  void publish(std::shared_ptr<const Snapshot> next) {
    std::shared_ptr<const Snapshot> before;
    {
      const std::lock_guard lock(mutex_);
      before = std::exchange(snapshot_, next);
    }
    if (observer_) observer_(*before, *next);
  }

  // Never nothing: an empty one before the first. Any thread; never waits.
  std::shared_ptr<const Snapshot> now() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }

 private:
  Observer observer_;
  mutable std::mutex mutex_;  // a leaf: guards the pointer
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
};

}  // namespace nvmeofs
