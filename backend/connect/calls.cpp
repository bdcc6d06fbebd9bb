#include "connect/calls.h"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace nvmeofs {

struct CallThreads::UnderWay {
  std::mutex mutex;  // a leaf
  std::condition_variable changed;
  std::size_t count = 0;

  void add() {
    const std::lock_guard lock(mutex);
    ++count;
  }
  void remove() {
    // Under the lock: whoever waits may take the last reference away as soon as it is free.
    const std::lock_guard lock(mutex);
    --count;
    changed.notify_all();
  }
};

CallThreads::CallThreads() : under_way_(std::make_shared<UnderWay>()) {}

bool CallThreads::begin(std::function<void()> call) {
  under_way_->add();
  try {
    std::thread([call = std::move(call), under_way = under_way_]() mutable {
      call();
      call = nullptr;
      under_way->remove();
    }).detach();
  } catch (const std::system_error&) {
    under_way_->remove();
    return false;
  }
  return true;
}

void CallThreads::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(under_way_->mutex);
  under_way_->changed.wait_for(lock, patience, [&] { return under_way_->count == 0; });
}

}  // namespace nvmeofs
