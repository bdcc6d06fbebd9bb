// What this machine tells of itself.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "address_events.h"
#include "alarm.h"
#include "epoll_set.h"
#include "mount_events.h"
#include "nvmeofs/event_fd.h"
#include "nvmeofs/machine_watch.h"
#include "path_events.h"
#include "udev_events.h"

namespace nvmeofs {

// Of the mount and network namespaces that it was made in: udev tells of disks in its own network
// only. Throws std::system_error when the process has no descriptors left. A source that cannot be
// had is named in the log and left out. Has no thread and polls nothing: fd() is an epoll
// descriptor over the sources. clear() looks at mountinfo and at the followed paths when those told
// something, and waits for nothing else.
class MachineChanges : public MachineWatch {
 public:
  MachineChanges();

  int fd() const override { return epoll_.fd(); }
  void clear() override;
  void follow(const std::set<std::string>& paths) override;

 private:
  bool take_mounts();
  void expect_rdma();

  EpollSet epoll_;
  EventFd nudge_;
  std::optional<UdevEvents> devices_;
  std::optional<AddressEvents> addresses_;
  std::optional<MountEvents> mounts_;
  std::optional<PathEvents> paths_;
  Alarm rdma_;
  std::chrono::milliseconds rdma_delay_{0};  // after which it rang last, or rings next
};

}  // namespace nvmeofs
