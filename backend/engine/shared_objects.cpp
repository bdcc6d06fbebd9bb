#include "engine/shared_objects.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace nvmeofs {
namespace {

std::string uri_of(const Target& target, const std::string& id) {
  const auto port = target.ports.find(id);
  const auto address = port != target.ports.end() ? address_of(port->second) : std::nullopt;
  return address ? address->uri() : "";
}

// The address that a plan gives to a port that it makes.
std::string uri_of(const Plan& plan, const std::string& path) {
  Port port;
  for (const Step& step : plan)
    if (step.verb == Verb::set_attribute && step.path.starts_with(path + "/addr_"))
      port.attributes[step.path.substr(path.size() + 1)] = step.value;
  const auto address = address_of(port);
  return address ? address->uri() : "";
}

}  // namespace

StoredKernel stored_objects(const Shared& ours, const Plan& plan, const Target& observed,
                            const std::string& boot_id) {
  constexpr std::string_view ports = "ports/";
  constexpr std::string_view hosts = "hosts/";
  StoredKernel stored{.boot_id = boot_id};
  for (const auto& id : ours.ports) stored.ports.emplace(id, uri_of(observed, id));
  stored.hosts = ours.hosts;
  for (const Step& step : plan) {
    if (step.verb != Verb::make_item) continue;
    if (step.path.starts_with(ports)) {
      std::string id = step.path.substr(ports.size());
      if (id.find('/') == std::string::npos) stored.ports[id] = uri_of(plan, step.path);
    } else if (step.path.starts_with(hosts)) {
      stored.hosts.insert(step.path.substr(hosts.size()));
    }
  }
  return stored;
}

Shared shared_of(const StoredKernel& stored, const std::string& boot_id, const Target& observed) {
  Shared ours;
  if (stored.boot_id != boot_id) return ours;
  for (const auto& [id, uri] : stored.ports) {
    const auto port = observed.ports.find(id);
    if (port == observed.ports.end()) continue;
    const auto address = address_of(port->second);
    if (address ? address->uri() == uri : port->second.subsystems.empty()) ours.ports.insert(id);
  }
  std::copy_if(stored.hosts.begin(), stored.hosts.end(),
               std::inserter(ours.hosts, ours.hosts.end()),
               [&](const auto& host) { return observed.hosts.contains(host); });
  return ours;
}

}  // namespace nvmeofs
