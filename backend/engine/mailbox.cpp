#include "engine/mailbox.h"

#include <poll.h>

#include <array>
#include <cerrno>

namespace nvmeofs {

Mailbox::Mailbox(int change_fd) : change_fd_(change_fd) {}

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
    std::array<pollfd, 2> fds{pollfd{wake_.get(), POLLIN, 0}, pollfd{change_fd_, POLLIN, 0}};
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents != 0) {
      wake_.clear();
    } else if (fds[1].revents != 0) {
      return KernelChanged{};
    }
  }
}

std::deque<Event> Mailbox::drain() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  return std::exchange(posted_, {});
}

}  // namespace nvmeofs
