// Several descriptors as one: readable while one of them is.
#pragma once

#include <sys/epoll.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "nvmeofs/fd.h"

namespace nvmeofs {

// Those in it are borrowed, and leave it when they are closed: fd() stays the same, so that a
// source which cannot be read any more can be given up. Throws std::system_error when the process
// has no descriptors left. Declared before what is in it, it is closed after that.
class EpollSet {
 public:
  EpollSet() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }

  int fd() const { return epoll_.get(); }
  void add(int fd, std::uint32_t events = EPOLLIN) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }

 private:
  Fd epoll_;
};

}  // namespace nvmeofs
