#include "rdma_devices.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/filesystem.hpp>
#include <optional>
#include <set>
#include <string_view>

#include "nvmeofs/fd.h"

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  boost::system::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    entries.push_back(entry->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

// Reading an entry of a GID table that is not used is refused.
std::optional<std::string> first_line(const fs::path& entry) {
  const Fd file(open(entry.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 128> text{};  // no name of an interface or a device is as long
  const ssize_t size = file ? read(file.get(), text.data(), text.size()) : -1;
  if (size <= 0) return std::nullopt;
  const std::string_view line(text.data(), static_cast<std::size_t>(size));
  return std::string(line.substr(0, line.find('\n')));
}

// One file for each entry of the port's GID table. The kernel takes the first free entry for a new
// address, so that a long gap is the end; rxe's table has 1024 entries and a few in use.
void add_netdevs(const fs::path& table, std::set<std::string>& netdevs) {
  constexpr unsigned longest_gap = 64;
  for (unsigned index = 0, unused = 0; unused < longest_gap; ++index) {
    const auto name = first_line(table / std::to_string(index));
    if (name) netdevs.insert(*name);
    unused = name ? 0 : unused + 1;
  }
}

std::vector<std::string> netdevs_of(const fs::path& device) {
  std::set<std::string> netdevs;
  for (const auto& port : entries_of(device / "ports")) {
    add_netdevs(port / "gid_attrs" / "ndevs", netdevs);
  }
  // InfiniBand's GIDs have no interface; its IPoIB interfaces stand with the adapter.
  for (const auto& netdev : entries_of(device / "device" / "net")) {
    netdevs.insert(netdev.filename().string());
  }
  return {netdevs.begin(), netdevs.end()};
}

}  // namespace

bool has_rdma_device() {
  return !entries_of("/sys/class/infiniband").empty();
}

std::vector<RdmaDevice> rdma_devices() {
  std::vector<RdmaDevice> devices;
  for (const auto& device : entries_of("/sys/class/infiniband")) {
    devices.push_back({device.filename().string(), netdevs_of(device)});
  }
  return devices;
}

std::string verbs_node(const std::string& device) {
  for (const auto& node : entries_of("/sys/class/infiniband_verbs")) {
    if (first_line(node / "ibdev") == device) return "/dev/infiniband/" + node.filename().string();
  }
  return "";
}

}  // namespace nvmeofs
