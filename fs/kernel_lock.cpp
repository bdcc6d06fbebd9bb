#include "fs/kernel_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

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

}  // namespace

Result<Fd> lock_kernel(const KernelHolder& holder) {
  for (const auto& path : {holder.mountpoint, holder.state})
    if (path.find('\n') != std::string::npos)
      return refuse(EINVAL, Reason::bad_value, "'{}' has a newline in it; take another path",
                    printable(path));
  Fd fd(::open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) {
    return refuse(errno, Reason::mount_failed, "cannot open {}: {}; run as root", lock_path,
                  strerror(errno));
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return refuse(errno, Reason::mount_failed, "cannot lock {}: {}", lock_path, strerror(errno));
    }
    return refuse(EBUSY, Reason::mount_failed,
                  "nvmeofs serves this kernel already: {}; use that mount, or umount it first",
                  description(read_holder(fd.get())));
  }
  // For the sentence above and for `nvmeofs stop`; the lock holds without it.
  const std::string who = fmt::format("{}\n{}\n{}\n", ::getpid(), holder.mountpoint, holder.state);
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), who.data(), who.size(), 0) < 0) {
    return refuse(errno, Reason::mount_failed, "cannot write {}: {}", lock_path, strerror(errno));
  }
  return fd;
}

std::optional<KernelHolder> kernel_holder() {
  const Fd fd(::open(lock_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return fd ? read_holder(fd.get()) : std::nullopt;
}

}  // namespace nvmeofs
