#include <algorithm>

#include "nvmeofs/mapping.h"

namespace nvmeofs {

TargetParts::TargetParts(const Target& observed, const Shared& ours) : observed_(observed) {
  for (const auto& [id, port] : observed.ports) {
    if (auto address = address_of(port)) ports_at_.emplace(std::move(*address), id);
    for (const auto& [nqn, link] : port.subsystems) ports_of_.emplace(nqn, id);
    if (port.subsystems.empty() && ours.ports.contains(id)) idle_ports_.push_back(id);
  }
  for (const auto& [nqn, subsystem] : observed.subsystems)
    for (const auto& [host, link] : subsystem.allowed_hosts) ++named_[host];
  for (const auto& host : ours.hosts)
    if (observed.hosts.contains(host) && !named_.contains(host)) idle_hosts_.push_back(host);
}

// with_export() looks at the export's own subsystem, at the ports that serve it or are at one of
// its addresses, at the hosts that it names, and at what of ours nobody uses any more.
Target TargetParts::of(const Export& wanted) const {
  const std::string& nqn = wanted.name.str();
  Target part;
  // Whoever else is served at a port keeps it there: one link stands for all.
  const auto add_port = [&](const std::string& id) {
    const Port& there = observed_.ports.at(id);
    Port& port = part.ports[id];
    port.attributes = there.attributes;
    port.ana_groups = there.ana_groups;
    port.referrals = there.referrals;
    const auto link = there.subsystems.find(nqn);
    const std::size_t own = link != there.subsystems.end() ? 1 : 0;
    if (own != 0) port.subsystems.insert(*link);
    if (there.subsystems.size() > own) port.subsystems.emplace("", "");
  };
  // Whoever else names a host keeps it there.
  Subsystem others;
  const auto subsystem = observed_.subsystems.find(nqn);
  const bool is_there = subsystem != observed_.subsystems.end();
  const auto add_host = [&](const std::string& host) {
    const auto found = observed_.hosts.find(host);
    if (found == observed_.hosts.end()) return;
    part.hosts.insert(*found);
    const auto named = named_.find(host);
    const std::size_t by_itself =
        is_there && subsystem->second.allowed_hosts.contains(host) ? 1 : 0;
    if (named != named_.end() && named->second > by_itself) others.allowed_hosts[host] = host;
  };

  if (is_there) {
    part.subsystems.insert(*subsystem);
    for (const auto& [host, link] : subsystem->second.allowed_hosts) add_host(host);
  }
  const auto [begin, end] = ports_of_.equal_range(nqn);
  std::for_each(begin, end, [&](const auto& serving) { add_port(serving.second); });
  for (const auto& address : wanted.addresses) {
    const auto [first, last] = ports_at_.equal_range(address);
    std::for_each(first, last, [&](const auto& at) { add_port(at.second); });
  }
  for (const auto& id : idle_ports_) add_port(id);
  for (const auto& host : wanted.hosts.list) add_host(host.str());
  for (const auto& host : idle_hosts_) add_host(host);
  // No directory is called so.
  if (!others.allowed_hosts.empty()) part.subsystems.emplace("", std::move(others));
  return part;
}

}  // namespace nvmeofs
