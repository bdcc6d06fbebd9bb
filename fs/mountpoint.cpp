#include "fs/mountpoint.h"

#include <fcntl.h>
#include <libmount/libmount.h>
#include <spdlog/spdlog.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "nvmeofs/fd.h"

namespace nvmeofs {
namespace {

constexpr std::string_view our_type = "fuse.nvmeofs";
constexpr auto mountinfo = "/proc/self/mountinfo";

struct Free {
  void operator()(char* text) const { std::free(text); }
};
struct Unref {
  void operator()(libmnt_table* table) const { mnt_unref_table(table); }
};

using Mounts = std::unique_ptr<libmnt_table, Unref>;

Mounts read_mounts() {
  return Mounts(mnt_new_table_from_file(mountinfo));
}

// The topmost mount on exactly this path, or nullptr.
libmnt_fs* find_on(const Mounts& mounts, const std::string& path) {
  return mnt_table_find_target(mounts.get(), path.c_str(), MNT_ITER_BACKWARD);
}

}  // namespace

Result<std::string> mounted_source(const std::string& path) {
  const Mounts mounts = read_mounts();
  if (mounts == nullptr)
    return refuse(EIO, Reason::mount_failed, "cannot read {}; is /proc mounted?", mountinfo);
  libmnt_fs* const fs = find_on(mounts, path);
  const char* const type = fs != nullptr ? mnt_fs_get_fstype(fs) : nullptr;
  if (type == nullptr || type != our_type) return std::string();
  const char* const source = mnt_fs_get_source(fs);
  return std::string(source != nullptr ? source : "none");
}

std::optional<dev_t> mounted_device(const std::string& path) {
  const Mounts mounts = read_mounts();
  libmnt_fs* const fs = mounts != nullptr ? find_on(mounts, path) : nullptr;
  return fs != nullptr ? std::optional(mnt_fs_get_devno(fs)) : std::nullopt;
}

bool is_mounted(dev_t device) {
  const Mounts mounts = read_mounts();
  return mounts == nullptr ||
         mnt_table_find_devno(mounts.get(), device, MNT_ITER_FORWARD) != nullptr;
}

Result<std::string> resolve_mountpoint(const std::string& path) {
  const std::unique_ptr<char, Free> resolved(::realpath(path.c_str(), nullptr));
  if (resolved == nullptr) {
    return refuse(errno, Reason::mount_failed,
                  "cannot mount on {}: {}; name a directory that exists", path, strerror(errno));
  }
  return std::string(resolved.get());
}

Result<void> clear_mountpoint(const std::string& resolved) {
  for (;;) {
    const auto ours = mounted_source(resolved);
    if (!ours) return tl::make_unexpected(ours.error());
    // Not stat(2): the kernel remembers attributes for a second after the program is dead.
    const Fd directory(::open(resolved.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const int error = directory ? 0 : errno;
    if (ours->empty()) {
      if (error == 0) return {};
      return refuse(error, Reason::mount_failed, "cannot mount on {}: {}", resolved,
                    strerror(error));
    }
    if (error != ENOTCONN) {
      return refuse(EBUSY, Reason::mount_failed,
                    "nvmeofs is mounted on {} already; umount {} first", resolved, resolved);
    }
    if (::umount2(resolved.c_str(), MNT_DETACH) != 0) {
      return refuse(errno, Reason::mount_failed,
                    "a dead mount of nvmeofs is on {} and cannot be taken away: {}", resolved,
                    strerror(errno));
    }
    spdlog::warn("took a dead mount of nvmeofs away from {}", resolved);
  }
}

}  // namespace nvmeofs
