#include "device_users.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "block_tree.h"
#include "loop_devices.h"
#include "mapped_device.h"
#include "mounts.h"
#include "processes.h"

namespace nvmeofs {
namespace {

bool contains(const std::vector<dev_t>& devices, dev_t device) {
  return std::find(devices.begin(), devices.end(), device) != devices.end();
}

std::optional<Use> mounted_use(dev_t device) {
  const auto mounts = mounted();
  if (!mounts) return std::nullopt;
  for (const Mount& mount : *mounts) {
    if (contains(mount.devices, device)) {
      return Use{fmt::format("mounted on {} ({})", mount.target, mount.type), "unmount it first"};
    }
  }
  return std::nullopt;
}

std::optional<Use> swap_use(dev_t device) {
  for (const std::string& path : swaps().value_or(std::vector<std::string>())) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode) && status.st_rdev == device) {
      return Use{"in use as swap", fmt::format("'swapoff {}' frees it", path)};
    }
  }
  return std::nullopt;
}

// A btrfs that is mounted elsewhere, or not quite unmounted yet, is in no table of ours.
std::optional<Use> mounted_elsewhere(dev_t device) {
  if (btrfs_devices(device).empty()) return std::nullopt;
  return Use{"a device of a btrfs that is mounted", "unmount it first"};
}

std::optional<Use> holder_use(dev_t device) {
  const auto holders = holders_of(device);
  if (holders.empty()) return std::nullopt;
  const Layer layer = describe_layer(holders.front());
  const auto above = mounted_use(holders.front());
  const auto upper = above ? above : swap_use(holders.front());
  if (!upper) return Use{fmt::format("held by {}", layer.name), layer.mend};
  return Use{fmt::format("held by {}, which is {}", layer.name, upper->how),
             fmt::format("{}, then {}", upper->mend, layer.mend)};
}

std::optional<Use> direct_use(dev_t device) {
  for (const auto look : {mounted_use, swap_use, holder_use, mounted_elsewhere}) {
    if (auto use = look(device)) return use;
  }
  return std::nullopt;
}

std::optional<Use> opener_use(dev_t device) {
  const auto program = opener_of(block_node(device));
  if (!program) return std::nullopt;
  return Use{fmt::format("held open by {}", *program), "stop that first"};
}

using Look = std::optional<Use> (*)(dev_t);

// A claim on a partition counts for its disk too, and the other way round.
std::optional<Use> use_nearby(dev_t device, Look look) {
  if (auto use = look(device)) return use;
  for (const dev_t partition : partitions_of(device)) {
    if (auto use = look(partition)) {
      use->how = fmt::format("its partition {} is {}", block_node(partition), use->how);
      return use;
    }
  }
  if (!is_partition(device)) return std::nullopt;
  auto use = look(whole_disk(device));
  if (use) use->how = fmt::format("its disk {} is {}", block_node(whole_disk(device)), use->how);
  return use;
}

std::optional<Use> loop_use(const struct stat& backing) {
  const auto loop = loop_device_on(backing);
  if (!loop) return std::nullopt;
  return Use{fmt::format("behind the loop device {}", *loop),
             fmt::format("'losetup -d {}' frees it", *loop)};
}

bool is_swap_file(const struct stat& file) {
  for (const std::string& path : swaps().value_or(std::vector<std::string>())) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && status.st_dev == file.st_dev &&
        status.st_ino == file.st_ino) {
      return true;
    }
  }
  return false;
}

// The record locks that virtual machine monitors take on their images. They are no obstacle for the
// flock of ours, so they have to be asked for.
bool has_record_lock(int fd) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace

Result<std::optional<std::string>> system_mount_on(dev_t device) {
  static constexpr std::array<std::string_view, 4> targets{"/", "/boot", "/boot/efi", "/usr"};
  const auto mounts = mounted();
  if (!mounts) return tl::unexpected<Error>(mounts.error());
  for (const Mount& mount : *mounts) {
    if (std::find(targets.begin(), targets.end(), mount.target) == targets.end()) continue;
    for (const dev_t part : mount.devices) {
      if (contains(layers_below(part), device)) return mount.target;
    }
  }
  return std::nullopt;
}

std::optional<Use> quiet_use(dev_t device) {
  if (block_attribute(device, "dm/suspended") == "1") {
    return Use{"suspended by device-mapper, so that every access waits",
               fmt::format("'dmsetup resume {}' lets it go on",
                           block_attribute(device, "dm/name").value_or("NAME"))};
  }
  return use_nearby(device, [](dev_t each) -> std::optional<Use> {
    struct stat backing {};
    backing.st_mode = S_IFBLK;
    backing.st_rdev = each;
    return loop_use(backing);
  });
}

std::optional<Use> named_use(dev_t device) {
  if (auto use = use_nearby(device, direct_use)) return use;
  return use_nearby(device, opener_use);
}

std::optional<Use> file_use(int fd, const struct stat& file, bool lock_is_ours) {
  if (is_swap_file(file)) return Use{"a swap file in use", "run 'swapoff' on it first"};
  if (auto use = loop_use(file)) return use;
  if (!lock_is_ours) {
    return Use{fmt::format("locked by {}", locker_of(file).value_or("another program")),
               "stop that first"};
  }
  if (has_record_lock(fd)) {
    return Use{"locked by another program, as a virtual machine locks its disk image",
               "stop that first"};
  }
  return std::nullopt;
}

}  // namespace nvmeofs
