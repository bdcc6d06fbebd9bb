#include "fs/kernel_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>
#include <utility>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

constexpr auto lock_path = "/run/nvmeofs.lock";

std::optional<KernelHolder> read_holder(int fd) {
  std::array<char, 16384> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size() - 1, 0);
  if (size <= 0) return std::nullopt;
  std::istringstream lines(std::string(text.data(), static_cast<std::size_t>(size)));
  KernelHolder holder;
  if (!(lines >> holder.pid) || holder.pid <= 0) return std::nullopt;
  std::string line;
  std::getline(lines, line);
  std::getline(lines, holder.mountpoint);
  std::getline(lines, holder.state);
  return holder;
}

std::string description(const std::optional<KernelHolder>& holder) {
  if (!holder) return "another process";
  return fmt::format("process {}{}", holder->pid,
                     holder->mountpoint.empty()
                         ? ", which is stopping"
                         : ", mounted on " + printable(holder->mountpoint, 4096));
}

Result<Fd> open_lock() {
  Fd fd(::open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd) return fd;
  return refuse(errno, Reason::mount_failed, "cannot open {}: {}; run as root", lock_path,
                strerror(errno));
}

// Takes the lock, with LOCK_NB or without; the file says who has it from then on, for the sentence
// of the next one and for `nvmeofs stop`.
Result<Fd> take(Fd fd, const KernelHolder& holder, int flags) {
  for (const auto& path : {holder.mountpoint, holder.state})
    if (path.find('\n') != std::string::npos)
      return refuse(EINVAL, Reason::bad_value, "'{}' has a newline in it; take another path",
                    printable(path));
  if (::flock(fd.get(), LOCK_EX | flags) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return refuse(errno, Reason::mount_failed, "cannot lock {}: {}", lock_path, strerror(errno));
    }
    return refuse(EBUSY, Reason::mount_failed,
                  "nvmeofs serves this kernel already: {}; use that mount, or umount it first",
                  description(read_holder(fd.get())));
  }
  const std::string who = fmt::format("{}\n{}\n{}\n", ::getpid(), holder.mountpoint, holder.state);
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), who.data(), who.size(), 0) < 0) {
    return refuse(errno, Reason::mount_failed, "cannot write {}: {}", lock_path, strerror(errno));
  }
  return fd;
}

// Ends a system call that waits, and does nothing else.
class Alarm {
 public:
  explicit Alarm(unsigned seconds) {
    struct sigaction interrupt {};
    interrupt.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &interrupt, &before_);
    ::alarm(seconds);
  }
  ~Alarm() {
    ::alarm(0);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  struct sigaction before_ {};
};

}  // namespace

Result<Fd> lock_kernel(const KernelHolder& holder) {
  return open_lock().and_then([&](Fd fd) { return take(std::move(fd), holder, LOCK_NB); });
}

Result<Fd> lock_kernel_within(const KernelHolder& holder, unsigned seconds) {
  return open_lock().and_then([&](Fd fd) {
    const Alarm alarm(seconds);
    return take(std::move(fd), holder, 0);
  });
}

std::optional<KernelHolder> kernel_holder() {
  const Fd fd(::open(lock_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return fd ? read_holder(fd.get()) : std::nullopt;
}

}  // namespace nvmeofs
