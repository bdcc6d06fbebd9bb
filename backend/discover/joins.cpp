#include "discover/joins.h"

#include <map>

#include "nvmeofs/discoveries.h"

namespace nvmeofs {
namespace {

const ConnectionView* connection_to(const Nqn& subsystem, const ConnectionsSnapshot& connections) {
  for (const auto& [name, view] : connections.connections)
    if (view.wanted.subsystem() == subsystem) return &view;
  return nullptr;
}

}  // namespace

std::string_view connected_state(const DiscoveryEntry& entry,
                                 const ConnectionsSnapshot& connections) {
  if (!entry.address) return "-";
  bool connecting = false;
  for (const auto& [name, controller] : connections.observed.controllers) {
    if (controller.subsystem != entry.subnqn || controller.address != entry.address) continue;
    if (controller.state == ControllerState::live) return "connected";
    connecting = true;
  }
  const auto* const view = entry.nqn ? connection_to(*entry.nqn, connections) : nullptr;
  if (view != nullptr && view->wanted.connected && contains(view->wanted.addresses, *entry.address))
    connecting = true;
  return connecting ? "connecting" : "-";
}

namespace discoverer {

std::vector<Join> joins(const DiscoveryLog& log, const ConnectionsSnapshot& connections,
                        Joining which) {
  std::vector<Nqn> order;
  std::map<Nqn, std::vector<TransportAddress>> listed;
  for (const auto& entry : log.entries) {
    if (!entry.is(DiscoverySubtype::subsystem) || !entry.nqn || !entry.address) continue;
    const auto [found, is_new] = listed.try_emplace(*entry.nqn);
    if (is_new) order.push_back(*entry.nqn);
    add_distinct(found->second, *entry.address);
  }
  std::vector<Join> result;
  for (const auto& nqn : order) {
    Join join{.name = nqn.str()};
    const auto* const view = connection_to(nqn, connections);
    if (view != nullptr && view->foreign) continue;
    join.make = view == nullptr;
    if (view != nullptr) join.name = view->wanted.name.str();
    join.connect = view == nullptr || !view->wanted.connected;
    if (view != nullptr && join.connect && which == Joining::news) continue;
    for (const auto& address : listed[nqn])
      if (view == nullptr || !contains(view->wanted.addresses, address))
        join.paths.push_back(address);
    if (join.connect || !join.paths.empty()) result.push_back(std::move(join));
  }
  return result;
}

}  // namespace discoverer
}  // namespace nvmeofs
