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

Result<bool> SimSessions::listening(const TransportAddress& address) {
  const auto addresses = kernel_.listening();
  return std::ranges::find(addresses, address) != addresses.end();
}

}  // namespace nvmeofs
