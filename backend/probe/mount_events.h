// File systems that are mounted and unmounted.
#pragma once

#include "nvmeofs/error.h"
#include "nvmeofs/fd.h"

namespace nvmeofs {

// Of the mount namespace that it was opened in. There is nothing to take: the descriptor is always
// readable, and says EPOLLPRI to the first poll after a change only, whoever polls. So epoll has to
// wait for EPOLLIN with EPOLLET: its entry is ready from the kernel's wake-up until epoll_wait()
// returns it, as often as others poll the epoll descriptor in between.
class MountEvents {
 public:
  static Result<MountEvents> open();
  int fd() const { return fd_.get(); }

 private:
  explicit MountEvents(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace nvmeofs
