#include "fs/discovery_attributes.h"

#include <array>

#include "fs/show.h"
#include "nvmeofs/discovery_text.h"
#include "nvmeofs/export.h"

namespace nvmeofs {
namespace {

std::string show_subsystems(const Connections& connections, const DiscoveryView& view) {
  if (view.log == nullptr) return "";
  const auto snapshot = connections.snapshot();
  return subsystems_text(
      *view.log, [&](const DiscoveryEntry& entry) { return connected_state(entry, *snapshot); });
}

std::string show_log(const Connections&, const DiscoveryView& view) {
  return view.log != nullptr ? log_json(*view.log) : "";
}

std::string show_connect_all(const Connections&, const DiscoveryView& view) {
  return view.wanted.connect_all ? "1\n" : "0\n";
}

Result<DiscoveryIntent> store_connect_all(std::string_view text, const StoreRules&) {
  return to_intent<DiscoveryIntent>(
      parse_bool(text).map([](bool on) { return SetConnectAll{on}; }));
}

std::string show_persistent(const Connections&, const DiscoveryView& view) {
  return view.wanted.persistent ? "1\n" : "0\n";
}

Result<DiscoveryIntent> store_persistent(std::string_view text, const StoreRules&) {
  return to_intent<DiscoveryIntent>(
      parse_bool(text).map([](bool on) { return SetPersistent{on}; }));
}

std::string show_status(const Connections&, const DiscoveryView& view) {
  return discovery_status_text(view);
}

const std::array rows{
    DiscoveryAttribute{"subsystems", 0444, Kind::fetched, show_subsystems, nullptr,
                       "what it lists: NQN, address, transport, state"},
    DiscoveryAttribute{"log.json", 0444, Kind::fetched, show_log, nullptr,
                       "the same, as nvme discover -o json prints it"},
    DiscoveryAttribute{"connect_all", 0644, Kind::value, show_connect_all, store_connect_all,
                       "1 connects what it lists; 0 goes no further, and connections stay"},
    DiscoveryAttribute{"persistent", 0644, Kind::value, show_persistent, store_persistent,
                       "1 keeps a controller, and follows its changes"},
    DiscoveryAttribute{"status", 0444, Kind::report, show_status, nullptr,
                       "whether it could be reached, and the last refusal"},
};

}  // namespace

std::span<const DiscoveryAttribute> discovery_attributes() {
  return rows;
}

}  // namespace nvmeofs
