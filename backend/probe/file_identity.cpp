#include "file_identity.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <cstdint>
#include <cstring>
#include <optional>

#include "nvmeofs/text.h"
#include "signatures.h"

namespace nvmeofs {
namespace {

struct FileSystem {
  std::string name;          // empty: it has none
  bool keeps_birth = false;  // on the disk, with the file
};

// st_dev is the number of the disk, which the next boot gives to another. f_fsid is made of the
// UUID by some (ext4, btrfs with the subvolume) and of the number of the disk by others (xfs, f2fs,
// vfat), so it counts only where there is no disk to read the UUID from.
std::optional<FileSystem> file_system_of(int fd, dev_t device) {
  if (major(device) != 0) {
    const auto uuid = file_system_uuid(device);
    if (!uuid) return std::nullopt;
    return FileSystem{printable(*uuid), true};
  }
  struct statfs status {};
  if (fstatfs(fd, &status) != 0) return std::nullopt;
  std::uint64_t id = 0;
  static_assert(sizeof id == sizeof status.f_fsid);
  std::memcpy(&id, &status.f_fsid, sizeof id);
  const bool btrfs = status.f_type == BTRFS_SUPER_MAGIC;
  return FileSystem{id == 0 ? "" : fmt::format("{:016x}", id), btrfs};
}

}  // namespace

std::string file_identity(int fd) {
  struct statx status {};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) return "";
  const auto system = file_system_of(fd, makedev(status.stx_dev_major, status.stx_dev_minor));
  if (!system) return "";
  std::string text = fmt::format("file inode {}", status.stx_ino);
  // ext4 gives the inode of a removed file to the next one that is made.
  if (system->keeps_birth && (status.stx_mask & STATX_BTIME) != 0) {
    text += fmt::format(" made {:%FT%T}.{:09}Z", fmt::gmtime(status.stx_btime.tv_sec),
                        status.stx_btime.tv_nsec);
  }
  return system->name.empty() ? text : fmt::format("{} on file system {}", text, system->name);
}

}  // namespace nvmeofs
