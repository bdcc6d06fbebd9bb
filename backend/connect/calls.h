// Calls that may wait in the kernel, each on a thread of its own: one that never comes back holds
// up nobody.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "connect/event.h"
#include "nvmeofs/inbox.h"

namespace nvmeofs::connector {

class Calls {
 public:
  explicit Calls(std::shared_ptr<Inbox<Event>> inbox);

  // Posts what the call returns; `no_thread` when the machine gives no thread for it. What the call
  // refers to must live until it is over, whether or not this object does.
  void run(std::function<Event()> call, Event no_thread);
  void run(std::function<void()> call);

  // Until all are over, or until the time is.
  void wait(std::chrono::milliseconds patience);

 private:
  bool begin(std::function<void()> call);

  struct UnderWay;
  std::shared_ptr<Inbox<Event>> inbox_;
  std::shared_ptr<UnderWay> under_way_;
};

}  // namespace nvmeofs::connector
