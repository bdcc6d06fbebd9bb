#include "engine/mailbox.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace nvmeofs {

Mailbox::Mailbox(int change_fd)
    : change_fd_(change_fd), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Mailbox::~Mailbox() {
  close(wake_fd_);
}

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
  // Fails only when the counter is full, and then the reader is awake already.
  eventfd_write(wake_fd_, 1);
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
    std::array<pollfd, 2> fds{pollfd{wake_fd_, POLLIN, 0}, pollfd{change_fd_, POLLIN, 0}};
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents != 0) {
      eventfd_t count = 0;
      eventfd_read(wake_fd_, &count);
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
