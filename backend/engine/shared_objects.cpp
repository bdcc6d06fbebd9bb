#include "engine/shared_objects.h"

#include <algorithm>
#include <iterator>

namespace nvmeofs {
namespace {

// The address that a port has once the plan is performed; a half made one has a part of it already.
std::string uri_after(const Plan& plan, const Target& observed, const std::string& id) {
  const std::string path = "ports/" + id + "/";
  const auto found = observed.ports.find(id);
  Port port = found != observed.ports.end() ? found->second : Port{};
  for (const Step& step : plan)
    if (step.verb == Verb::set_attribute && step.path.starts_with(path))
      port.attributes[step.path.substr(path.size())] = step.value;
  const auto address = address_of(port);
  return address ? address->uri() : "";
}

}  // namespace

StoredKernel stored_objects(const Shared& ours, const Plan& plan, const Target& observed,
                            const std::string& boot_id) {
  const Shared made = shared_with(ours, plan);
  StoredKernel stored{.boot_id = boot_id};
  for (const auto& id : made.ports) stored.ports.emplace(id, uri_after(plan, observed, id));
  stored.hosts = made.hosts;
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
