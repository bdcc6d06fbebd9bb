#include "sim/sim_sessions.h"

#include <algorithm>

namespace nvmeofs {

Result<std::vector<Client>> SimSessions::clients(const Target&, const std::string& subsystem) {
  std::vector<Client> clients;
  for (const SimController& controller : kernel_.controllers()) {
    if (controller.subsystem != subsystem) continue;
    clients.push_back({controller.address, controller.peer, controller.host_nqn, Certainty::sure,
                       "simulated kernel"});
  }
  return clients;
}

Result<std::map<std::string, std::vector<Client>>> SimSessions::all_clients(
    const Target& observed) {
  std::map<std::string, std::vector<Client>> all;
  for (const auto& [id, port] : observed.ports)
    for (const auto& [subsystem, link] : port.subsystems)
      if (!all.contains(subsystem)) all.emplace(subsystem, *clients(observed, subsystem));
  return all;
}

Result<bool> SimSessions::listening(const TransportAddress& address) {
  const auto addresses = kernel_.listening();
  return std::ranges::find(addresses, address) != addresses.end();
}

}  // namespace nvmeofs
