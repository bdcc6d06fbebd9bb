#include "host_changes.h"

#include <spdlog/spdlog.h>

namespace nvmeofs {

HostChanges::HostChanges() : log_(KernelLog::open_at_end()) {
  if (auto events = UdevEvents::open({"nvme", "nvme-subsystem", "block"})) {
    events_ = std::move(*events);
    epoll_.add(events_->fd());
  } else {
    spdlog::warn("controllers that come and go are not noticed: {}", events.error().message);
  }
  if (log_) {
    epoll_.add(log_->fd());
  } else {
    spdlog::warn("the kernel's log cannot be read: the loss of a connection is noticed late");
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
