#include "connect/reconcile.h"

#include <algorithm>

namespace nvmeofs {
namespace {

bool is_live(const HostController& controller) {
  return controller.state == ControllerState::live;
}

bool serves(const PathNamespace& path) {
  return path.ana_state != "inaccessible" && path.ana_state != "persistent-loss";
}

bool is_path_of(const Connection& wanted, const HostController& controller,
                const TransportAddress& address) {
  const auto host = wanted.options.find("host_nqn");
  return controller.address == address &&
         (host == wanted.options.end() || host->second == controller.host_nqn);
}

}  // namespace

bool Reconciled::any_live() const {
  return std::any_of(there.begin(), there.end(),
                     [](const auto& path) { return is_live(*path.second); });
}

bool Reconciled::all_live() const {
  return missing.empty() && !there.empty() &&
         std::all_of(there.begin(), there.end(),
                     [](const auto& path) { return is_live(*path.second); });
}

Reconciled reconcile(const Connection& wanted, const HostTopology& topology) {
  Reconciled result;
  result.others = controllers_of(topology, wanted.subsystem().str());
  for (const auto& address : wanted.addresses) {
    auto best = result.others.end();
    for (auto other = result.others.begin(); other != result.others.end(); ++other)
      if (is_path_of(wanted, **other, address) &&
          (best == result.others.end() || (!is_live(**best) && is_live(**other))))
        best = other;
    if (best == result.others.end()) {
      result.missing.push_back(address);
    } else {
      result.there.emplace(address, *best);
      result.others.erase(best);
    }
  }
  return result;
}

ConnectionState state_of(const ConnectionView& view, const HostTopology& topology) {
  if (view.foreign) return ConnectionState::foreign;
  if (!view.wanted.connected) return ConnectionState::disconnected;
  const Reconciled paths = reconcile(view.wanted, topology);
  if (paths.all_live()) return ConnectionState::connected;
  return paths.any_live() ? ConnectionState::degraded : ConnectionState::connecting;
}

std::map<std::string, Connection> foreign_connections(const HostTopology& topology,
                                                      const std::set<std::string>& ours) {
  std::map<std::string, Connection> found;
  for (const auto& [name, controller] : topology.controllers) {
    if (controller.discovery || controller.subsystem.empty() || ours.contains(controller.subsystem))
      continue;
    auto& connection = found
                           .try_emplace(controller.subsystem,
                                        Connection{.name = Nqn::of_kernel(controller.subsystem),
                                                   .connected = true})
                           .first->second;
    if (controller.address) add_distinct(connection.addresses, *controller.address);
  }
  return found;
}

std::vector<const HostController*> controllers_of(const HostTopology& topology,
                                                  std::string_view subsystem) {
  std::vector<const HostController*> found;
  for (const auto& [name, controller] : topology.controllers)
    if (!controller.discovery && controller.subsystem == subsystem) found.push_back(&controller);
  return found;
}

std::set<std::string> disks_lost(const HostTopology& topology,
                                 const std::set<std::string>& leaving) {
  std::set<std::string> lost;
  std::set<std::string> kept;
  for (const auto& [name, controller] : topology.controllers)
    for (const auto& path : controller.namespaces) {
      if (leaving.contains(name)) {
        lost.insert(path.disk);
      } else if (is_live(controller) && serves(path)) {
        kept.insert(path.disk);
      }
    }
  for (const auto& disk : kept) lost.erase(disk);
  return lost;
}

}  // namespace nvmeofs
