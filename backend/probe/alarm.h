// A time of day that poll(2) can wait for.
#pragma once

#include <chrono>

#include "nvmeofs/fd.h"

namespace nvmeofs {

// Readable from the moment on that it was set to. One thread.
class Alarm {
 public:
  Alarm();

  int fd() const { return fd_.get(); }
  // In place of what it was set to before.
  void ring_in(std::chrono::milliseconds delay);
  // Whether it rang; it rings no more then.
  bool take();

 private:
  Fd fd_;
};

}  // namespace nvmeofs
