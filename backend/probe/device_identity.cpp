#include "device_identity.h"

#include <sys/stat.h>

#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>

#include "block_tree.h"
#include "mounts.h"

namespace nvmeofs {
namespace {

tl::unexpected<Error> refuse_our_own(const std::string& mount) {
  return refuse(ELOOP, Reason::device_loop,
                "on the nvmeofs mount {} itself, which holds no disks; write the path of a disk "
                "under /dev, or of a file elsewhere",
                mount);
}

tl::unexpected<Error> refuse_missing(const std::string& path, int errnum) {
  if (errnum == ENOENT || errnum == ENOTDIR) {
    boost::system::error_code error;
    const std::string target = boost::filesystem::read_symlink(path, error).string();
    if (!error) {
      return refuse(
          ENOENT, Reason::device_missing,
          "a symbolic link to {}, which does not exist; 'lsblk' lists the disks there are", target);
    }
    return refuse(ENOENT, Reason::device_missing,
                  "does not exist; 'lsblk' lists the disks there are");
  }
  return refuse(errnum, Reason::device_missing, "cannot be looked up: {}", std::strerror(errnum));
}

tl::unexpected<Error> refuse_kind(const std::string& path, mode_t mode) {
  const std::string name = boost::filesystem::path(path).filename().string();
  if (S_ISCHR(mode) && name.rfind("nvme", 0) == 0) {
    return refuse(ENOTBLK, Reason::device_kind,
                  "an NVMe controller, not a disk; write one of its namespaces, such as {}n1, or "
                  "write it to passthru/device to serve it whole",
                  path);
  }
  const char* kind = S_ISCHR(mode)    ? "a character device"
                     : S_ISDIR(mode)  ? "a directory"
                     : S_ISFIFO(mode) ? "a named pipe"
                     : S_ISSOCK(mode) ? "a socket"
                                      : "of an unknown kind";
  return refuse(ENOTBLK, Reason::device_kind,
                "{}, not a disk; write the path of a block device or of a regular file", kind);
}

}  // namespace

Result<DeviceId> identify_device(const std::string& path) {
  const auto mounts = mounted();
  if (!mounts) return tl::unexpected<Error>(mounts.error());
  // By name first: a stat would be a request to this very program.
  const std::string plain = boost::filesystem::path(path).lexically_normal().string();
  if (const Mount* own = own_mount_over(*mounts, plain)) return refuse_our_own(own->target);

  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return refuse_missing(path, errno);
  for (const Mount& mount : *mounts) {
    if (is_own(mount) && mount.device == status.st_dev) return refuse_our_own(mount.target);
  }
  if (S_ISBLK(status.st_mode)) {
    return DeviceId{true, status.st_rdev, 0, whole_disk(status.st_rdev)};
  }
  if (S_ISREG(status.st_mode)) {
    return DeviceId{false, status.st_dev, status.st_ino, status.st_dev};
  }
  return refuse_kind(path, status.st_mode);
}

}  // namespace nvmeofs
