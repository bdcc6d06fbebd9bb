#include "fs/kernel_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

constexpr auto lock_path = "/run/nvmeofs.lock";

std::string holder(int fd) {
  std::array<char, 4096> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  if (size <= 0) return "another process";
  std::string_view line(text.data(), static_cast<std::size_t>(size));
  return printable(line.substr(0, line.find('\n')));
}

}  // namespace

Result<Fd> lock_kernel(const std::string& mountpoint) {
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
                  holder(fd.get()));
  }
  const std::string who = fmt::format("process {}, mounted on {}\n", ::getpid(), mountpoint);
  // Only for the sentence above; the lock holds without it.
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), who.data(), who.size(), 0) < 0) {
    return refuse(errno, Reason::mount_failed, "cannot write {}: {}", lock_path, strerror(errno));
  }
  return fd;
}

}  // namespace nvmeofs
