#include "disk_user.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <sys/sysmacros.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>

#include "attribute.h"
#include "nvmeofs/fd.h"
#include "nvmeofs/text.h"
#include "probe/block_tree.h"
#include "probe/device_users.h"

namespace nvmeofs {
namespace {

bool is_name(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

std::optional<dev_t> number_of(const std::string& disk) {
  const auto text = read_attribute("/sys/class/block/" + disk + "/dev");
  unsigned major = 0;
  unsigned minor = 0;
  if (!text || std::sscanf(text->c_str(), "%u:%u", &major, &minor) != 2) return std::nullopt;
  return makedev(major, minor);
}

// A claim of the disk is refused for one of a partition too.
bool is_claimed(dev_t device) {
  const Fd fd(open(block_node(device).c_str(), O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC));
  return !fd && errno == EBUSY;
}

}  // namespace

Result<std::string> disk_user(const std::string& disk, bool answers) {
  if (!is_name(disk)) {
    return refuse(EINVAL, Reason::bad_name, "'{}' is no disk's name", printable(disk));
  }
  const auto device = number_of(disk);
  if (!device) return std::string();
  if (auto use = named_use(*device)) return std::move(use->how);
  if (auto use = quiet_use(*device)) return std::move(use->how);
  if (answers && is_claimed(*device)) {
    return std::string("claimed by a mount in another mount namespace, or by the kernel");
  }
  return std::string();
}

}  // namespace nvmeofs
