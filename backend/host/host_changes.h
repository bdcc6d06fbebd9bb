// What tells that something changed with the controllers and their disks.
#pragma once

#include <optional>

#include "probe/epoll_set.h"
#include "probe/udev_events.h"
#include "sessions/kernel_log.h"

namespace nvmeofs {

// A descriptor over udev, which tells of what comes and goes and of a controller that is
// live again, and the kernel's log, as nothing else tells of one that lost its target: of the
// states of a controller, only that it is live has an event (core.c, nvme_start_ctrl:
// NVME_EVENT=connected). One thread. A source that cannot be had is named in the log and left out.
// Throws std::system_error when the process has no descriptors left.
class HostChanges {
 public:
  HostChanges();

  int fd() const { return epoll_.fd(); }
  void clear();

 private:
  EpollSet epoll_;
  std::optional<UdevEvents> events_;
  std::optional<KernelLog> log_;
};

}  // namespace nvmeofs
