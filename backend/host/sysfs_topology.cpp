#include "sysfs_topology.h"

#include <algorithm>
#include <array>
#include <boost/filesystem.hpp>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "attribute.h"
#include "nvmeofs/nqn.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;
using ErrorCode = boost::system::error_code;

// What a person asks for. No secret is among them: sysfs shows those to everybody on some kernels.
constexpr std::array<const char*, 6> settings{"cntlid", "ctrl_loss_tmo",   "fast_io_fail_tmo",
                                              "kato",   "reconnect_delay", "sqsize"};

std::string text_of(const fs::path& folder, const char* name) {
  return read_attribute((folder / name).string()).value_or("");
}

std::uint32_t number_of(const std::string& text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// nvme_sysfs_show_state has "deleting" for DELETING_NOIO too, later kernels "deleting (no IO)".
ControllerState state_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, ControllerState>, 7> states{{
      {"new", ControllerState::fresh},
      {"live", ControllerState::live},
      {"resetting", ControllerState::resetting},
      {"connecting", ControllerState::connecting},
      {"deleting", ControllerState::deleting},
      {"deleting (no IO)", ControllerState::deleting},
      {"dead", ControllerState::dead},
  }};
  const auto* const found = std::find_if(states.begin(), states.end(),
                                         [&](const auto& each) { return each.first == text; });
  return found == states.end() ? ControllerState::other : found->second;
}

// "traddr=192.168.1.32,trsvcid=4420,host_traddr=…,src_addr=…"
std::string part_of(std::string_view address, std::string_view key) {
  return std::string(value_of(address, ',', key));
}

std::optional<TransportAddress> address_of(const std::string& transport, std::string_view text) {
  const std::string traddr = part_of(text, "traddr");
  const char* const family = traddr.find(':') == std::string::npos ? "ipv4" : "ipv6";
  const auto address =
      TransportAddress::from_port(transport, family, traddr, part_of(text, "trsvcid"));
  return address ? std::optional(*address) : std::nullopt;
}

bool take_number(std::string_view& text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(digits);
  return digits != 0;
}

// The disk that a namespace's folder is a path of: of nvme2c5n1 it is nvme2n1, where 2 and 1 count
// the subsystem and what it has, and 5 the controller. Without native multipath, and of a
// subsystem that can have one controller only, the folder is the disk's own.
std::optional<std::string> disk_of(std::string_view folder) {
  constexpr std::string_view stem = "nvme";
  if (!folder.starts_with(stem)) return std::nullopt;
  std::string_view rest = folder.substr(stem.size());
  if (!take_number(rest)) return std::nullopt;
  const std::string_view subsystem = folder.substr(0, folder.size() - rest.size());
  if (rest.starts_with('c')) {
    rest.remove_prefix(1);
    if (!take_number(rest)) return std::nullopt;
  }
  const std::string_view name = rest;
  if (!rest.starts_with('n')) return std::nullopt;
  rest.remove_prefix(1);
  if (!take_number(rest) || !rest.empty()) return std::nullopt;
  return std::string(subsystem) + std::string(name);
}

std::vector<PathNamespace> namespaces_of(const fs::path& controller, const fs::path& blocks) {
  std::vector<PathNamespace> namespaces;
  ErrorCode error;
  for (fs::directory_iterator entry(controller, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto disk = disk_of(entry->path().filename().string());
    const auto nsid = disk ? read_attribute((entry->path() / "nsid").string()) : std::nullopt;
    ErrorCode none;
    if (!nsid || !fs::exists(blocks / *disk, none)) continue;
    namespaces.push_back({*disk, number_of(*nsid), text_of(entry->path(), "ana_state")});
  }
  std::sort(namespaces.begin(), namespaces.end(),
            [](const auto& a, const auto& b) { return a.nsid < b.nsid; });
  return namespaces;
}

// A controller belongs to no subsystem before its target has told it to, and until then the kernel
// shows a name through a pointer that is none (lib/vsprintf.c; met on 6.12, in an attempt over RDMA
// that got no answer).
bool is_no_name(std::string_view subsystem) {
  return subsystem == "(efault)" || subsystem == "(null)";
}

std::optional<HostController> controller_at(const fs::path& folder, const fs::path& blocks) {
  const auto transport = read_attribute((folder / "transport").string());
  if (!transport || *transport == "pcie") return std::nullopt;
  const auto subsystem = read_attribute((folder / "subsysnqn").string());
  const auto state = read_attribute((folder / "state").string());
  // Both are refused with ENODEV, or gone, as soon as the controller is.
  if (!subsystem || !state || is_no_name(*subsystem)) return std::nullopt;
  HostController controller;
  controller.name = folder.filename().string();
  controller.transport = *transport;
  controller.subsystem = *subsystem;
  controller.discovery =
      text_of(folder, "cntrltype") == "discovery" || *subsystem == Nqn::discovery;
  controller.address_text = text_of(folder, "address");
  controller.address = address_of(*transport, controller.address_text);
  controller.host_traddr = part_of(controller.address_text, "host_traddr");
  controller.host_iface = part_of(controller.address_text, "host_iface");
  controller.host_nqn = text_of(folder, "hostnqn");
  controller.host_id = text_of(folder, "hostid");
  controller.state = state_of(*state);
  controller.state_text = *state;
  controller.queues = number_of(text_of(folder, "queue_count"));
  for (const char* name : settings) {
    if (auto value = read_attribute((folder / name).string())) {
      controller.settings.emplace(name, std::move(*value));
    }
  }
  controller.namespaces = namespaces_of(folder, blocks);
  return controller;
}

}  // namespace

Result<HostTopology> sysfs_topology(const std::string& sysfs) {
  const fs::path folder = fs::path(sysfs) / "class/nvme";
  const fs::path blocks = fs::path(sysfs) / "class/block";
  HostTopology topology;
  ErrorCode error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!is_controller_name(entry->path().filename().string())) continue;
    auto controller = controller_at(entry->path(), blocks);
    ErrorCode gone;
    if (!controller || !fs::exists(entry->path() / "state", gone)) continue;
    topology.controllers.emplace(controller->name, std::move(*controller));
  }
  // Without nvme_core there are no controllers.
  if (error && error != boost::system::errc::no_such_file_or_directory) {
    return refuse(error.value(), Reason::internal, "{} cannot be read: {}", folder.string(),
                  error.message());
  }
  return topology;
}

}  // namespace nvmeofs
