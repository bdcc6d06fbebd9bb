#include "loop_devices.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include <boost/filesystem.hpp>

#include "block_tree.h"
#include "nvmeofs/fd.h"

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;

bool is_behind(const struct stat& backing, const loop_info64& loop) {
  if (S_ISBLK(backing.st_mode)) return loop.lo_rdevice == backing.st_rdev;
  return loop.lo_device == backing.st_dev && loop.lo_inode == backing.st_ino;
}

}  // namespace

std::optional<std::string> loop_device_on(const struct stat& backing) {
  boost::system::error_code error;
  for (fs::directory_iterator entry("/sys/block", error), end; !error && entry != end;
       entry.increment(error)) {
    // Only a bound loop device has that folder. Its backing_file is a name, which may be that of
    // another file by now or in another mount namespace: the device itself knows the inode.
    boost::system::error_code unbound;
    if (!fs::exists(entry->path() / "loop", unbound)) continue;
    const std::string node = "/dev/" + entry->path().filename().string();
    const Fd device(open(node.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    loop_info64 loop{};
    if (device && ioctl(device.get(), LOOP_GET_STATUS64, &loop) == 0 && is_behind(backing, loop)) {
      return node;
    }
  }
  return std::nullopt;
}

std::optional<LoopBacking> loop_backing(dev_t loop) {
  auto path = block_attribute(loop, "loop/backing_file");
  if (!path) return std::nullopt;
  const Fd device = open_node(loop);
  loop_info64 info{};
  if (!device || ioctl(device.get(), LOOP_GET_STATUS64, &info) != 0) return std::nullopt;
  return LoopBacking{info.lo_rdevice, std::move(*path), info.lo_device, info.lo_inode,
                     info.lo_offset};
}

}  // namespace nvmeofs
