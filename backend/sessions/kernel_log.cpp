#include "kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace nvmeofs {

std::optional<KernelLog> KernelLog::open(const char* path) {
  Fd fd(::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return std::nullopt;
  return KernelLog(std::move(fd));
}

std::optional<KernelLog> KernelLog::open_at_end(const char* path) {
  auto log = open(path);
  if (!log || lseek(log->fd_.get(), 0, SEEK_END) < 0) return std::nullopt;
  log->at_start_ = false;
  return log;
}

KernelLog::Reading KernelLog::read(const std::function<void(const LogRecord&)>& each) {
  std::array<char, 8192> buffer{};  // CONSOLE_EXT_LOG_MAX: no record is longer
  Reading reading;
  for (;;) {
    const auto size = ::read(fd_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return reading;
    if (size < 0 && errno == EPIPE) {
      reading.complete = false;  // overwritten before we came; the next read has the oldest again
      continue;
    }
    if (size < 0 && errno == EINVAL) {
      reading.complete = false;  // longer than what a record can be; the kernel has skipped it
      continue;
    }
    if (size <= 0) {
      reading.ended = true;
      return reading;
    }
    const auto record = parse_record({buffer.data(), static_cast<std::size_t>(size)});
    if (!record) continue;
    if (std::exchange(at_start_, false) && record->sequence != 0) reading.complete = false;
    if (record->from_kernel) each(*record);
  }
}

}  // namespace nvmeofs
