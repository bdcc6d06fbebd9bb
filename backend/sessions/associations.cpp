#include "associations.h"

#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace nvmeofs {
namespace {

constexpr std::uint64_t second = 1'000'000;

// The first command on an association makes its controller: milliseconds later, or when the target
// is held up, until the host gives up (NVME_ADMIN_TIMEOUT).
constexpr std::uint64_t at_once = second;
constexpr std::uint64_t soon = 10 * second;
constexpr std::uint64_t at_last = 90 * second;

// The kernel keeps this much of a subsystem's name (NVMF_NQN_SIZE), and logs that.
constexpr std::size_t logged_length = 223;

}  // namespace

// Whether a line of now may be its own.
bool Associations::Open::is_waiting(std::uint64_t now) const {
  return controllers.empty() || now <= since + (prompt ? soon : at_last);
}

void Associations::begun(Association association, std::uint64_t microseconds) {
  open_.insert_or_assign(association, Open{.since = microseconds, .controllers = {}});
}

void Associations::ended(Association association) {
  open_.erase(association);
}

void Associations::created(const ControllerCreated& line, std::uint64_t microseconds) {
  for (auto& [association, open] : open_) {
    if (!open.is_waiting(microseconds)) continue;
    open.prompt = open.prompt || microseconds <= open.since + at_once;
    open.controllers.push_back(line);
  }
}

std::vector<Client> Associations::clients(const Target& target,
                                          const std::string& subsystem) const {
  const auto addresses = fc_addresses(target, subsystem);
  const std::string logged = subsystem.substr(0, logged_length);
  std::map<std::tuple<TransportAddress, std::string>, Client> found;
  const auto add = [&](const std::string& host_nqn, bool sure, const char* source) {
    for (const auto& address : addresses) {
      const Client client{.address = address,
                          .peer = "unknown",
                          .host_nqn = host_nqn,
                          .certainty = sure ? Certainty::sure : Certainty::likely,
                          .source = source};
      const auto [entry, is_new] = found.try_emplace({address, host_nqn}, client);
      if (!is_new && client.certainty < entry->second.certainty) entry->second = client;
    }
  };
  for (const auto& [association, open] : open_) {
    if (open.controllers.empty())
      add("", false, "association without a controller in the kernel log");
    for (const auto& line : open.controllers)
      if (!line.discovery && line.subsystem == logged)
        add(line.host_nqn, open.controllers.size() == 1 && addresses.size() == 1, "kernel log");
  }
  std::vector<Client> clients;
  for (auto& [key, client] : found) clients.push_back(std::move(client));
  return clients;
}

std::vector<TransportAddress> fc_addresses(const Target& target, const std::string& subsystem) {
  std::vector<TransportAddress> addresses;
  for (const auto& [id, port] : target.ports) {
    if (!port.subsystems.contains(subsystem)) continue;
    const auto address = address_of(port);
    if (address && address->trtype == Trtype::fc) add_distinct(addresses, *address);
  }
  return addresses;
}

}  // namespace nvmeofs
