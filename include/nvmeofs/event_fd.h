// An event that poll(2) can wait for.
#pragma once

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

#include "nvmeofs/fd.h"

namespace nvmeofs {

// Signalled by any thread, any number of times; readable from then until it is cleared.
class EventFd {
 public:
  EventFd() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
  }

  int get() const { return fd_.get(); }
  // Neither can fail but with EAGAIN: readable already, or not at all.
  void signal() const { ::eventfd_write(fd_.get(), 1); }
  void clear() const {
    eventfd_t count = 0;
    ::eventfd_read(fd_.get(), &count);
  }

 private:
  Fd fd_;
};

}  // namespace nvmeofs
