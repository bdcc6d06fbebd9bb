// /dev/kmsg, read from its oldest line on, or from now on.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "log_line.h"
#include "nvmeofs/fd.h"

namespace nvmeofs {

class KernelLog {
 public:
  // Nothing where there is no such file or it may not be read, as in a container.
  static std::optional<KernelLog> open(const char* path = "/dev/kmsg");
  static std::optional<KernelLog> open_at_end(const char* path = "/dev/kmsg");

  struct Reading {
    bool complete = true;  // no line was missed since the last reading; on the first: since boot
    bool ended = false;    // the file can be read no more
  };

  // Hands over the kernel's own lines that have come since the last time; never waits.
  Reading read(const std::function<void(const LogRecord&)>& each);

  // To poll for reading.
  int fd() const { return fd_.get(); }

 private:
  explicit KernelLog(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
  bool at_start_ = true;
};

}  // namespace nvmeofs
