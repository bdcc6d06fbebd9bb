#include "connect/calls.h"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace nvmeofs::connector {

struct Calls::UnderWay {
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

Calls::Calls(std::shared_ptr<Inbox<Event>> inbox)
    : inbox_(std::move(inbox)), under_way_(std::make_shared<UnderWay>()) {}

void Calls::run(std::function<Event()> call, Event no_thread) {
  if (!begin([call = std::move(call), inbox = inbox_] { inbox->post(call()); }))
    inbox_->post(std::move(no_thread));
}

void Calls::run(std::function<void()> call) {
  begin(std::move(call));
}

bool Calls::begin(std::function<void()> call) {
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

void Calls::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(under_way_->mutex);
  under_way_->changed.wait_for(lock, patience, [&] { return under_way_->count == 0; });
}

}  // namespace nvmeofs::connector
