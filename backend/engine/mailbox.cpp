#include "engine/mailbox.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace nvmeofs {

Mailbox::Mailbox(int kernel_fd, int machine_fd) : kernel_fd_(kernel_fd), machine_fd_(machine_fd) {}

void Mailbox::post(Event event) {
  bool closed = false;
  {
    const std::lock_guard lock(mutex_);
    closed = closed_;
    if (!closed) posted_.push_back(std::move(event));
  }
  if (closed) {
    if (auto* submitted = std::get_if<Submitted>(&event))
      submitted->completion(refuse(ESHUTDOWN, Reason::gone, "nvmeofs is being unmounted"));
    return;
  }
  wake_.signal();
}

Event Mailbox::take() {
  for (;;)
    if (auto event = take(-1)) return std::move(*event);
}

std::optional<Event> Mailbox::take_if_any() {
  return take(0);
}

std::optional<Event> Mailbox::take_before(std::chrono::steady_clock::time_point end) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
  return take(static_cast<int>(std::clamp(left, milliseconds(0), milliseconds(60'000)).count()));
}

std::optional<Event> Mailbox::take(int timeout) {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (!posted_.empty()) {
        Event event = std::move(posted_.front());
        posted_.pop_front();
        return event;
      }
    }
    // A negative descriptor is passed over by poll(2).
    std::array<pollfd, 3> fds{pollfd{wake_.get(), POLLIN, 0}, pollfd{kernel_fd_, POLLIN, 0},
                              pollfd{machine_fd_, POLLIN, 0}};
    const int ready = poll(fds.data(), fds.size(), timeout);
    if (ready < 0) continue;
    if (ready == 0) return std::nullopt;
    if (fds[0].revents != 0) {
      wake_.clear();
    } else if (fds[1].revents != 0) {
      return KernelChanged{};
    } else {
      return MachineChanged{};
    }
  }
}

std::deque<Event> Mailbox::drain() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  return std::exchange(posted_, {});
}

}  // namespace nvmeofs
