#include "host_changes.h"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <cerrno>
#include <system_error>

namespace nvmeofs {

HostChanges::HostChanges() : epoll_(epoll_create1(EPOLL_CLOEXEC)), log_(KernelLog::open_at_end()) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  if (auto events = UdevEvents::open({"nvme", "nvme-subsystem", "block"})) {
    events_ = std::move(*events);
    add(events_->fd());
  } else {
    spdlog::warn("controllers that come and go are not noticed: {}", events.error().message);
  }
  if (log_) {
    add(log_->fd());
  } else {
    spdlog::warn("the kernel's log cannot be read: the loss of a connection is noticed late");
  }
}

void HostChanges::add(int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

// A source that cannot be read is given up, as it would be readable for ever.
void HostChanges::clear() {
  if (events_) {
    if (const auto taken = events_->take(); !taken) {
      spdlog::warn("controllers that come and go are noticed no more: {}", taken.error().message);
      events_.reset();
    }
  }
  if (log_ && log_->read([](const LogRecord&) {}).ended) log_.reset();
}

}  // namespace nvmeofs
