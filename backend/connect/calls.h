// Calls that may wait in the kernel, each on a thread of its own: one that never comes back holds
// up nobody.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "nvmeofs/inbox.h"

namespace nvmeofs {

class CallThreads {
 public:
  CallThreads();

  // False: the machine gives no thread for it. What the call refers to must live until it is over,
  // whether or not this object does.
  bool begin(std::function<void()> call);

  // Until all are over, or until the time is.
  void wait(std::chrono::milliseconds patience);

 private:
  struct UnderWay;
  std::shared_ptr<UnderWay> under_way_;
};

// For a thread that decides by the events of its inbox.
template <class Event>
class Calls {
 public:
  explicit Calls(std::shared_ptr<Inbox<Event>> inbox) : inbox_(std::move(inbox)) {}

  // Posts what the call returns; `no_thread` when there is no thread for it.
  void run(std::function<Event()> call, Event no_thread) {
    if (!threads_.begin([call = std::move(call), inbox = inbox_] { inbox->post(call()); }))
      inbox_->post(std::move(no_thread));
  }
  void run(std::function<void()> call) { threads_.begin(std::move(call)); }

  void wait(std::chrono::milliseconds patience) { threads_.wait(patience); }

 private:
  std::shared_ptr<Inbox<Event>> inbox_;
  CallThreads threads_;
};

}  // namespace nvmeofs
