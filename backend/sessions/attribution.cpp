#include "attribution.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace nvmeofs {
namespace {

using Connection = SessionHistory::Connection;
using Controller = SessionHistory::Controller;
using Indices = std::vector<std::size_t>;

// How long after its line a controller's I/O connections are looked for first.
constexpr std::chrono::seconds queues_follow{10};

// A connection that has been seen for that long is no refused one.
constexpr std::chrono::seconds lasting{1};

// The kernel keeps this much of a subsystem's name (NVMF_NQN_SIZE), and logs that.
constexpr std::size_t logged_length = 223;

bool is_logged_as(const std::string& subsystem, const std::string& logged) {
  return subsystem.compare(0, logged_length, logged) == 0;
}

// Where a host came from and went to: all connections of a controller have one.
using Way = std::tuple<TransportAddress, std::string>;

Way way_of(const Connection& connection) {
  return {connection.end.local, connection.end.peer};
}

// One run of the reasoning over one history.
class Explanation {
 public:
  Explanation(const SessionHistory& history, const Target* target)
      : connections_(history.connections()),
        controllers_(history.controllers()),
        last_look_(history.last_look()),
        all_served_(controllers_.size(), true),
        owner_(connections_.size()),
        may_own_(controllers_.size()),
        ways_(controllers_.size()),
        ended_(controllers_.size(), Moment::min()),
        explained_(connections_.size()),
        over_(controllers_.size()) {
    serve(target);
  }

  std::vector<Indices> run() {
    find_admin_connections();
    settle_admin_connections();
    find_ways();
    for (std::size_t c = 0; c < connections_.size(); ++c) explain(c);
    explain_the_rest();
    strike_out_elsewhere();
    strike_out_ended();
    strike_out_faded();
    return std::move(explained_);
  }

 private:
  // Which controllers' subsystems each connection's port serves.
  void serve(const Target* target) {
    served_.resize(connections_.size(), &all_served_);
    if (target == nullptr) return;
    const PortIndex ports(*target);
    for (std::size_t c = 0; c < connections_.size(); ++c) {
      const auto& local = connections_[c].end.local;
      const auto [found, is_new] = served_on_.try_emplace(local);
      if (is_new) found->second = served_by(ports.find(local));
      served_[c] = &found->second;
    }
  }

  std::vector<bool> served_by(const Port* port) const {
    std::vector<bool> served(controllers_.size());
    if (port == nullptr) return served;
    std::set<std::string> logged;
    for (const auto& [nqn, link] : port->subsystems) logged.insert(nqn.substr(0, logged_length));
    for (std::size_t k = 0; k < controllers_.size(); ++k) {
      const auto& line = controllers_[k].line;
      served[k] = line.discovery || logged.contains(line.subsystem);
    }
    return served;
  }

  bool is_served(std::size_t c, std::size_t k) const { return (*served_[c])[k]; }

  // The admin connection was there before the line, and not long before.
  void find_admin_connections() {
    for (std::size_t k = 0; k < controllers_.size(); ++k) {
      const auto& controller = controllers_[k];
      for (std::size_t c = 0; c < connections_.size(); ++c) {
        const auto& connection = connections_[c];
        if (is_served(c, k) && connection.absent < controller.at &&
            connection.present + handshake_time > controller.at &&
            connection.gone > controller.not_before) {
          may_own_[k].push_back(c);
        }
      }
    }
  }

  // A controller with one possible admin connection has that one, and then no other controller
  // has it. Two controllers with the same only one (the other's was gone before we looked) stay in
  // doubt.
  void settle_admin_connections() {
    for (bool changed = true; changed;) {
      changed = false;
      std::map<std::size_t, Indices> only;  // connection → controllers that have no other
      for (std::size_t k = 0; k < controllers_.size(); ++k) {
        if (may_own_[k].size() == 1) only[may_own_[k].front()].push_back(k);
      }
      for (const auto& [c, owners] : only) {
        if (owners.size() != 1 || owner_[c]) continue;
        owner_[c] = owners.front();
        changed = true;
        for (std::size_t k = 0; k < controllers_.size(); ++k) {
          if (k != owners.front()) std::erase(may_own_[k], c);
        }
      }
    }
  }

  void find_ways() {
    for (std::size_t k = 0; k < controllers_.size(); ++k) {
      for (const auto c : may_own_[k]) {
        ended_[k] = std::max(ended_[k], connections_[c].gone);
        const auto way = way_of(connections_[c]);
        if (ways_[k].insert(way).second) taken_[way].push_back(k);
      }
    }
  }

  void explain(std::size_t c) {
    if (owner_[c]) {
      explained_[c] = {*owner_[c]};
      return;
    }
    std::set<std::size_t> possible;
    add_as_queue(c, possible, true);
    if (const auto taken = taken_.find(way_of(connections_[c])); taken != taken_.end()) {
      for (const auto k : taken->second) {
        if (std::ranges::binary_search(may_own_[k], c)) possible.insert(k);
      }
    }
    if (possible.empty()) add_as_queue(c, possible, false);
    explained_[c].assign(possible.begin(), possible.end());
  }

  // The controllers that it may be an I/O connection of: those that came while it did, the last one
  // before that from the same peer, and those in between of which the peer is not certain.
  void add_as_queue(std::size_t c, std::set<std::size_t>& possible, bool prompt) const {
    const auto& connection = connections_[c];
    const auto taken = taken_.find(way_of(connection));
    if (taken == taken_.end()) return;
    for (auto k = taken->second.rbegin(); k != taken->second.rend(); ++k) {
      const auto& controller = controllers_[*k];
      if (controller.line.discovery || !is_served(c, *k) ||
          controller.not_before >= connection.present || ended_[*k] <= connection.absent) {
        continue;
      }
      if (prompt && connection.absent > controller.at + queues_follow) break;
      possible.insert(*k);
      if (controller.at <= connection.absent && ways_[*k].size() == 1) break;
    }
  }

  // A line that found no connection, and a connection that found no line, may belong together: a
  // handshake can wait long for a lock of nvmet.
  void explain_the_rest() {
    for (std::size_t c = 0; c < connections_.size(); ++c) {
      if (!explained_[c].empty()) continue;
      for (std::size_t k = 0; k < controllers_.size(); ++k) {
        if (may_own_[k].empty() && is_served(c, k) && controllers_[k].at > connections_[c].absent &&
            connections_[c].gone > controllers_[k].not_before) {
          explained_[c].push_back(k);
        }
      }
    }
  }

  // A connection that only one controller explains shows where that one came in. The brief ones of
  // hosts that are refused show nothing.
  void strike_out_elsewhere() {
    std::vector<std::set<Way>> known(controllers_.size());
    for (std::size_t c = 0; c < connections_.size(); ++c) {
      if (explained_[c].size() != 1 || !connections_[c].alive()) continue;
      if (connections_[c].present + lasting > last_look_) continue;
      known[explained_[c].front()].insert(way_of(connections_[c]));
    }
    for (std::size_t c = 0; c < connections_.size(); ++c) {
      strike_out(c, [&](std::size_t k) {
        return known[k].size() == 1 && *known[k].begin() != way_of(connections_[c]);
      });
    }
  }

  // A controller ends with its admin connection.
  void strike_out_ended() {
    for (std::size_t k = 0; k < controllers_.size(); ++k) over_[k] = controllers_[k].over;
    for (std::size_t c = 0; c < connections_.size(); ++c) {
      if (owner_[c] && !connections_[c].alive()) over_[*owner_[c]] = true;
    }
    for (std::size_t c = 0; c < connections_.size(); ++c) {
      strike_out(c, [&](std::size_t k) { return over_[k]; });
    }
  }

  // A controller whose certain connections are all gone has no uncertain one either, where another
  // one that lives explains that.
  void strike_out_faded() {
    std::vector<bool> lives(controllers_.size());
    std::vector<bool> faded(controllers_.size());
    for (std::size_t c = 0; c < connections_.size(); ++c) {
      if (explained_[c].size() != 1) continue;
      (connections_[c].alive() ? lives : faded)[explained_[c].front()] = true;
    }
    for (std::size_t c = 0; c < connections_.size(); ++c) {
      if (std::ranges::none_of(explained_[c], [&](std::size_t k) { return lives[k]; })) continue;
      strike_out(c, [&](std::size_t k) { return faded[k] && !lives[k]; });
    }
  }

  // Takes controllers from a living connection, unless none would be left: then the connection is
  // about to go too.
  template <class Predicate>
  void strike_out(std::size_t c, Predicate marked) {
    if (!connections_[c].alive() || explained_[c].size() < 2) return;
    Indices left;
    std::ranges::remove_copy_if(explained_[c], std::back_inserter(left), marked);
    if (!left.empty()) explained_[c] = std::move(left);
  }

  const std::vector<Connection>& connections_;
  const std::vector<Controller>& controllers_;
  const Moment last_look_;
  const std::vector<bool> all_served_;
  std::map<TransportAddress, std::vector<bool>> served_on_;
  std::vector<const std::vector<bool>*> served_;  // connection → whether a controller may be on it
  std::vector<std::optional<std::size_t>> owner_;  // of an admin connection that is settled
  std::vector<Indices> may_own_;                   // controller → possible admin connections
  std::vector<std::set<Way>> ways_;                // controller → where it may have come in
  std::vector<Moment> ended_;                      // no admin connection can be left since then
  std::map<Way, Indices> taken_;                   // the ways, by where
  std::vector<Indices> explained_;
  std::vector<bool> over_;
};

// Who may be at the other end of one connection, for the subsystem.
struct Lead {
  Client client;                // without a host where it is not known, or is one of several
  std::set<std::string> hosts;  // those several
};

// Nothing where the connection is for something else.
std::optional<Lead> lead_of(const SessionHistory& history, const Connection& connection,
                            const Indices& explanation, bool only_export,
                            const std::string& subsystem) {
  Lead lead{{connection.end.local, connection.end.peer, {}, Certainty::sure, "kernel log"}, {}};
  Client& client = lead.client;
  const bool complete = !history.may_miss_line_of(connection);
  if (explanation.empty()) {
    if (only_export) {
      client.source = "only export on this port";
    } else {
      client.certainty = Certainty::likely;
      client.source = connection.from_before_start()
                          ? "connection from before nvmeofs started"
                          : "connection without a line in the kernel log";
    }
    return lead;
  }

  std::set<std::string>& hosts = lead.hosts;
  bool others = false;
  for (const auto k : explanation) {
    const auto& line = history.controllers()[k].line;
    if (!line.discovery && is_logged_as(subsystem, line.subsystem)) {
      hosts.insert(line.host_nqn);
    } else {
      others = true;
    }
  }
  if (hosts.empty() && complete) return std::nullopt;
  if (hosts.empty()) {
    client.certainty = Certainty::likely;
    client.source = "connection of which the kernel log may have lost the line";
    return lead;
  }
  if (others || (!complete && !only_export)) client.certainty = Certainty::likely;
  if (hosts.size() == 1) client.host_nqn = *hosts.begin();
  return lead;
}

}  // namespace

PortIndex::PortIndex(const Target& target) {
  for (const auto& [name, port] : target.ports) {
    if (port.subsystems.empty()) continue;  // does not listen
    if (auto address = address_of(port)) ports_.emplace(std::move(*address), &port);
  }
}

const Port* PortIndex::find(const TransportAddress& local) const {
  auto wanted = local;
  if (const auto port = ports_.find(wanted); port != ports_.end()) return port->second;
  if (local.adrfam == Adrfam::ipv4) {
    wanted.traddr = "0.0.0.0";
    if (const auto port = ports_.find(wanted); port != ports_.end()) return port->second;
  }
  wanted.adrfam = Adrfam::ipv6;  // a port on [::] takes IPv4 too
  wanted.traddr = "::";
  const auto port = ports_.find(wanted);
  return port != ports_.end() ? port->second : nullptr;
}

namespace {

std::vector<Client> clients_of(const SessionHistory& history,
                               const std::vector<Indices>& explanations, const PortIndex& ports,
                               const std::string& subsystem) {
  std::map<std::tuple<TransportAddress, std::string, std::string>, Client> found;
  const auto add = [&found](const Client& client) {
    const auto [entry, is_new] =
        found.try_emplace({client.address, client.peer, client.host_nqn}, client);
    if (!is_new && client.certainty < entry->second.certainty) entry->second = client;
  };
  std::map<Way, std::set<std::string>> named;
  std::vector<Lead> unnamed;
  for (std::size_t c = 0; c < explanations.size(); ++c) {
    const auto& connection = history.connections()[c];
    if (!connection.alive()) continue;
    const auto* port = ports.find(connection.end.local);
    if (port == nullptr || !port->subsystems.contains(subsystem)) continue;
    auto lead =
        lead_of(history, connection, explanations[c], port->subsystems.size() == 1, subsystem);
    if (!lead) continue;
    const Client& client = lead->client;
    if (client.host_nqn.empty()) {
      unnamed.push_back(std::move(*lead));
      continue;
    }
    add(client);
    named[way_of(connection)].insert(client.host_nqn);
  }

  for (auto& [client, hosts] : unnamed) {
    const auto known = named.find({client.address, client.peer});
    if (known == named.end()) {
      add(client);
      continue;
    }
    // Most likely one more of a host that has a name. But of a host that has no other connection
    // than those that may be another's too, this is all that tells.
    client.certainty = Certainty::likely;
    for (const auto& host : hosts) {
      if (known->second.contains(host)) continue;
      client.host_nqn = host;
      add(client);
    }
  }

  std::vector<Client> clients;
  for (auto& [key, client] : found) clients.push_back(std::move(client));
  return clients;
}

}  // namespace

std::map<std::string, std::vector<Client>> clients_of(const SessionHistory& history,
                                                      const Target& target,
                                                      const std::set<std::string>& subsystems) {
  const auto explanations = explain(history, &target);
  const PortIndex ports(target);
  std::map<std::string, std::vector<Client>> clients;
  for (const auto& subsystem : subsystems)
    clients.emplace(subsystem, clients_of(history, explanations, ports, subsystem));
  return clients;
}

std::vector<Client> clients_of(const SessionHistory& history, const Target& target,
                               const std::string& subsystem) {
  return clients_of(history, explain(history, &target), PortIndex(target), subsystem);
}

std::vector<Indices> explain(const SessionHistory& history, const Target* target) {
  return Explanation(history, target).run();
}

}  // namespace nvmeofs
