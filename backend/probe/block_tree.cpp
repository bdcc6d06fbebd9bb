#include "block_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <fstream>

#include "tables/first_line.h"

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;
using ErrorCode = boost::system::error_code;

fs::path folder_of(dev_t device) {
  return fmt::format("/sys/dev/block/{}:{}", major(device), minor(device));
}

// The device whose sysfs folder this is.
std::optional<dev_t> device_at(const fs::path& folder) {
  unsigned major = 0;
  unsigned minor = 0;
  char colon = 0;
  std::ifstream file((folder / "dev").string());
  if (!(file >> major >> colon >> minor) || colon != ':') return std::nullopt;
  return makedev(major, minor);
}

// The devices that the entries of a folder are, or link to.
template <class Wanted>
std::vector<dev_t> devices_in(const fs::path& folder, Wanted wanted) {
  std::vector<dev_t> devices;
  ErrorCode error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!wanted(entry->path())) continue;
    if (const auto device = device_at(entry->path())) devices.push_back(*device);
  }
  std::sort(devices.begin(), devices.end());
  return devices;
}

std::vector<dev_t> devices_in(const fs::path& folder) {
  return devices_in(folder, [](const fs::path&) { return true; });
}

void add_layers(dev_t device, std::vector<dev_t>& layers) {
  if (std::find(layers.begin(), layers.end(), device) != layers.end()) return;
  layers.push_back(device);
  if (is_partition(device)) add_layers(whole_disk(device), layers);
  for (const dev_t slave : slaves_of(device)) add_layers(slave, layers);
}

}  // namespace

std::optional<std::string> block_attribute(dev_t device, const std::string& name) {
  return first_line(folder_of(device) / name);
}

std::string block_node(dev_t device) {
  ErrorCode error;
  std::string name = fs::read_symlink(folder_of(device), error).filename().string();
  if (name.empty()) return fmt::format("{}:{}", major(device), minor(device));
  // sysfs cannot have a slash in a name: cciss!c0d0 is /dev/cciss/c0d0.
  std::replace(name.begin(), name.end(), '!', '/');
  return "/dev/" + name;
}

Fd open_node(dev_t device) {
  Fd fd(open(block_node(device).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  // /dev may be that of a container, with nodes of its own.
  if (!fd || fstat(fd.get(), &status) != 0 || !S_ISBLK(status.st_mode) ||
      status.st_rdev != device) {
    return {};
  }
  return fd;
}

bool is_partition(dev_t device) {
  ErrorCode error;
  return fs::exists(folder_of(device) / "partition", error);
}

dev_t whole_disk(dev_t device) {
  if (!is_partition(device)) return device;
  // A partition's folder stands in that of its disk; the link must be followed before going up.
  ErrorCode error;
  const fs::path folder = fs::canonical(folder_of(device), error);
  return device_at(folder.parent_path()).value_or(device);
}

std::vector<dev_t> partitions_of(dev_t disk) {
  return devices_in(folder_of(disk), [](const fs::path& entry) {
    ErrorCode error;
    return fs::exists(entry / "partition", error);
  });
}

std::vector<dev_t> holders_of(dev_t device) {
  return devices_in(folder_of(device) / "holders");
}

std::vector<dev_t> slaves_of(dev_t device) {
  return devices_in(folder_of(device) / "slaves");
}

std::vector<dev_t> layers_below(dev_t device) {
  std::vector<dev_t> layers;
  add_layers(device, layers);
  return layers;
}

std::vector<dev_t> btrfs_devices(dev_t device) {
  ErrorCode error;
  for (fs::directory_iterator entry("/sys/fs/btrfs", error), end; !error && entry != end;
       entry.increment(error)) {
    auto devices = devices_in(entry->path() / "devices");
    if (std::find(devices.begin(), devices.end(), device) != devices.end()) return devices;
  }
  return {};
}

}  // namespace nvmeofs
