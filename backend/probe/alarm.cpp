#include "alarm.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace nvmeofs {

Alarm::Alarm() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "timerfd_create");
}

void Alarm::ring_in(std::chrono::milliseconds delay) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(delay);
  itimerspec when{};
  when.it_value.tv_sec = seconds.count();
  when.it_value.tv_nsec = std::chrono::nanoseconds(delay - seconds).count();
  timerfd_settime(fd_.get(), 0, &when, nullptr);
}

bool Alarm::take() {
  std::uint64_t times = 0;
  return read(fd_.get(), &times, sizeof times) == static_cast<ssize_t>(sizeof times);
}

}  // namespace nvmeofs
