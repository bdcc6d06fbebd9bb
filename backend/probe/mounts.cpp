#include "mounts.h"

#include <libmount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "block_tree.h"

namespace nvmeofs {
namespace {

struct Free {
  void operator()(libmnt_table* table) const { mnt_unref_table(table); }
  void operator()(libmnt_iter* iterator) const { mnt_free_iter(iterator); }
};
using Table = std::unique_ptr<libmnt_table, Free>;
using Iterator = std::unique_ptr<libmnt_iter, Free>;

std::string text(const char* from) {
  return from == nullptr ? "" : from;
}

tl::unexpected<Error> unreadable(const char* what) {
  const int errnum = errno == 0 ? EIO : errno;
  return refuse(errnum, Reason::internal, "{} cannot be read ({}), so nobody knows what is in use",
                what, std::strerror(errnum));
}

// File systems on several disks have an anonymous st_dev (btrfs always): then the source is all
// there is. Only names under /dev are looked at: another could be on a mount that does not answer.
std::vector<dev_t> devices_under(const std::string& source, dev_t device) {
  if (major(device) != 0) return {device};
  struct stat status {};
  if (source.rfind("/dev/", 0) != 0 || stat(source.c_str(), &status) != 0 ||
      !S_ISBLK(status.st_mode)) {
    return {};
  }
  auto devices = btrfs_devices(status.st_rdev);
  if (devices.empty()) devices.push_back(status.st_rdev);
  return devices;
}

}  // namespace

Result<std::vector<Mount>> mounted() {
  const Table table(mnt_new_table_from_file("/proc/self/mountinfo"));
  const Iterator iterator(mnt_new_iter(MNT_ITER_FORWARD));
  if (!table || !iterator) return unreadable("/proc/self/mountinfo");
  std::vector<Mount> mounts;
  libmnt_fs* entry = nullptr;
  while (mnt_table_next_fs(table.get(), iterator.get(), &entry) == 0) {
    const dev_t device = mnt_fs_get_devno(entry);
    mounts.push_back({text(mnt_fs_get_target(entry)), text(mnt_fs_get_fstype(entry)),
                      devices_under(text(mnt_fs_get_source(entry)), device), device});
  }
  return mounts;
}

bool lies_below(const std::string& path, const std::string& folder) {
  if (folder == "/") return true;
  return path == folder || (path.size() > folder.size() && path[folder.size()] == '/' &&
                            path.compare(0, folder.size(), folder) == 0);
}

bool is_own(const Mount& mount) {
  return mount.type == "fuse.nvmeofs";
}

const Mount* own_mount_over(const std::vector<Mount>& mounts, const std::string& path) {
  const auto over = std::find_if(mounts.begin(), mounts.end(), [&](const Mount& mount) {
    return is_own(mount) && lies_below(path, mount.target);
  });
  return over == mounts.end() ? nullptr : &*over;
}

const Mount* mount_of(const std::vector<Mount>& mounts, const std::string& path) {
  const Mount* deepest = nullptr;
  for (const Mount& mount : mounts) {
    if (!lies_below(path, mount.target)) continue;
    // Of two on one directory the later one is seen.
    if (deepest == nullptr || mount.target.size() >= deepest->target.size()) deepest = &mount;
  }
  return deepest;
}

Result<std::vector<std::string>> swaps() {
  const Table table(mnt_new_table());
  const Iterator iterator(mnt_new_iter(MNT_ITER_FORWARD));
  if (!table || !iterator) return unreadable("/proc/swaps");
  std::vector<std::string> paths;
  // A kernel without swap has no such file.
  if (mnt_table_parse_swaps(table.get(), nullptr) != 0) return paths;
  libmnt_fs* entry = nullptr;
  while (mnt_table_next_fs(table.get(), iterator.get(), &entry) == 0) {
    paths.push_back(text(mnt_fs_get_source(entry)));
  }
  return paths;
}

}  // namespace nvmeofs
