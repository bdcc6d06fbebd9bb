// What wakes the applier: requests, the end of steps, and changes that others made to the kernel.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <variant>

#include "nvmeofs/event_fd.h"
#include "nvmeofs/intent.h"

namespace nvmeofs {

struct Submitted {
  Request request;
  Completion completion;
};
struct StepsEnded {
  std::uint64_t serial = 0;  // of the export whose steps these were
};
struct KernelChanged {};
struct Stop {};

using Event = std::variant<Submitted, StepsEnded, KernelChanged, Stop>;

// Any thread posts, one thread takes. Outlives the engine when a runner does (shared_ptr).
class Mailbox {
 public:
  // change_fd: Backend::change_fd(), or -1.
  explicit Mailbox(int change_fd);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // A request that comes after drain() is answered here: ESHUTDOWN.
  void post(Event event);

  // Waits. What was posted comes in its order, before a change of the kernel.
  Event take();

  // What was posted and not taken, at the end; nothing is taken any more.
  std::deque<Event> drain();

 private:
  const int change_fd_;
  const EventFd wake_;
  std::mutex mutex_;  // a leaf
  std::deque<Event> posted_;
  bool closed_ = false;
};

}  // namespace nvmeofs
