// What wakes the applier: requests, the end of steps, and changes that others made to the kernel.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>

#include "nvmeofs/inbox.h"
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
struct MachineChanged {};
struct Stop {};

using Event = std::variant<Submitted, StepsEnded, KernelChanged, MachineChanged, Stop>;

// Any thread posts, one thread takes. Outlives the engine when a runner does (shared_ptr).
class Mailbox {
 public:
  // Backend::change_fd() and MachineWatch::fd(), or -1.
  Mailbox(int kernel_fd, int machine_fd);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // A request that comes after drain() is answered here: ESHUTDOWN.
  void post(Event event);

  // What was posted comes in its order, before a change of the kernel or of the machine. Waits for
  // something, or answers nothing at once.
  Event take();
  std::optional<Event> take_if_any();
  // Nothing: the time has come first.
  std::optional<Event> take_before(std::chrono::steady_clock::time_point end);

  // What was posted and not taken, at the end; nothing is taken any more.
  std::deque<Event> drain();

 private:
  std::optional<Event> take(std::optional<std::chrono::milliseconds> patience);

  Inbox<Event> inbox_;
};

}  // namespace nvmeofs
