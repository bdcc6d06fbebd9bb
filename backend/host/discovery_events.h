// What tells that a discovery controller has something new.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "probe/epoll_set.h"
#include "probe/udev_events.h"

namespace nvmeofs {

// From an event of the kernel, as udev_events.h gives it: the controller, when the event says that
// its discovery log changed (NVME_AEN=0x70f002), or that it is there (again) and may have missed
// that (NVME_EVENT=connected, rediscover). Pure.
std::optional<std::string> controller_with_news(std::string_view event);

// Where events cannot be had, or not any more, this is said in the log, and fd() is never readable.
// One thread. Throws std::system_error when the process has no descriptors left.
class DiscoveryEvents {
 public:
  DiscoveryEvents();

  // Readable when a controller came, went or has news.
  int fd() const { return epoll_.fd(); }
  // Takes what came: the controllers with news.
  std::set<std::string> take();

 private:
  EpollSet epoll_;
  std::optional<UdevEvents> events_;
};

}  // namespace nvmeofs
