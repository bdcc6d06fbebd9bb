#include "nvmeofs/mapping.h"

#include <algorithm>
#include <charconv>

#include "nvmeofs/host_setting.h"
#include "nvmeofs/plan.h"

namespace nvmeofs {

namespace {

constexpr const char* nsid_of_the_device = "1";

Attributes address_attributes(const TransportAddress& address) {
  return {{"addr_trtype", std::string(to_string(address.trtype))},
          {"addr_adrfam", std::string(to_string(address.adrfam))},
          {"addr_traddr", address.traddr},
          {"addr_trsvcid", std::to_string(address.trsvcid)}};
}

// The kernel reads a directory's name as a number with any base: "0x1" is port 1 too, and two
// ports may share a number without a word.
unsigned long port_number(const std::string& name) {
  const bool hex = name.starts_with("0x") || name.starts_with("0X");
  const bool octal = !hex && name.size() > 1 && name.front() == '0';
  const char* begin = name.data() + (hex ? 2 : name.starts_with('+') ? 1 : 0);
  unsigned long value = 0;
  std::from_chars(begin, name.data() + name.size(), value, hex ? 16 : octal ? 8 : 10);
  return value;
}

std::string free_port(const Target& target) {
  std::set<unsigned long> taken;
  for (const auto& [name, port] : target.ports) taken.insert(port_number(name));
  unsigned long number = 1;
  while (taken.contains(number)) ++number;
  return std::to_string(number);
}

// One that somebody else's state says nothing of stays what the kernel makes it.
void name(Attributes& attributes, const char* attribute, const std::string& value) {
  if (!value.empty()) attributes[attribute] = value;
}

Subsystem subsystem_of(const Export& wanted, bool with_device) {
  Subsystem subsystem;
  name(subsystem.attributes, "attr_serial", wanted.identity.serial);
  name(subsystem.attributes, "attr_model", wanted.identity.model);
  subsystem.attributes["attr_allow_any_host"] = wanted.hosts.any ? "1" : "0";
  for (const auto& host : wanted.hosts.list) subsystem.allowed_hosts[host.str()] = host.str();
  if (!with_device) return subsystem;
  Namespace& space = subsystem.namespaces[nsid_of_the_device];
  space.attributes["device_path"] = wanted.device->path();
  name(space.attributes, "device_uuid", wanted.identity.uuid);
  name(space.attributes, "device_nguid", wanted.identity.nguid);
  space.enabled = true;
  return subsystem;
}

// A port of ours that nobody uses and that has no other address: one that was being made for it
// when the program was killed.
bool is_half_made_for(const Port& port, const Attributes& address) {
  return port.subsystems.empty() &&
         std::all_of(address.begin(), address.end(), [&](const auto& wanted) {
           const auto found = port.attributes.find(wanted.first);
           return found == port.attributes.end() || found->second == wanted.second;
         });
}

// The address first: what is set beside it depends on the transport.
void give(Port& port, const TransportAddress& address, const Shared& ours) {
  for (auto& [name, value] : address_attributes(address)) port.attributes[name] = value;
  const auto settings = ours.settings.find(address);
  if (settings == ours.settings.end()) return;
  for (auto& [name, value] : attributes_of(settings->second)) port.attributes[name] = value;
}

void serve_at(Target& target, const std::string& nqn, const TransportAddress& address,
              const Shared& ours) {
  for (auto& [id, port] : target.ports) {
    if (address_of(port) != address) continue;
    // One that others are served at stays as it is: hosts of theirs would lose it.
    if (ours.ports.contains(id) && port.subsystems.empty()) give(port, address, ours);
    port.subsystems[nqn] = nqn;
    return;
  }
  const Attributes attributes = address_attributes(address);
  const auto half_made = std::find_if(target.ports.begin(), target.ports.end(), [&](auto& entry) {
    return ours.ports.contains(entry.first) && is_half_made_for(entry.second, attributes);
  });
  Port& port =
      half_made != target.ports.end() ? half_made->second : target.ports[free_port(target)];
  give(port, address, ours);
  port.subsystems[nqn] = nqn;
}

// A host that others made keeps what they have given it.
void allow(Target& target, const std::string& nqn, const Shared& ours) {
  const bool is_there = target.hosts.contains(nqn);
  Host& host = target.hosts[nqn];
  if (is_there && !ours.hosts.contains(nqn)) return;
  const auto settings = ours.host_settings.find(nqn);
  host = host_with(host, settings != ours.host_settings.end() ? settings->second : Host{});
}

bool is_named(const Target& target, const std::string& host) {
  return std::any_of(target.subsystems.begin(), target.subsystems.end(),
                     [&](const auto& entry) { return entry.second.allowed_hosts.contains(host); });
}

// "1" of "ports/1": an item directly below a folder of nvmet's root.
std::optional<std::string> name_below(const std::string& path, std::string_view folder) {
  if (!path.starts_with(folder) || path.find('/', folder.size()) != std::string::npos)
    return std::nullopt;
  return path.substr(folder.size());
}

// "nqn.h" of "hosts/nqn.h/dhchap_key".
std::optional<std::string> host_of(const std::string& attribute_path) {
  return name_below(attribute_path.substr(0, attribute_path.rfind('/')), "hosts/");
}

}  // namespace

Target with_export(const Target& observed, const Export& wanted, const Shared& ours,
                   const Absent& absent) {
  const std::string& nqn = wanted.name.str();
  Target target = observed;

  // Links by others count too: with one of them left the subsystem could not be removed.
  for (auto& [id, port] : target.ports) port.subsystems.erase(nqn);
  target.subsystems.erase(nqn);

  const auto is_there = [&](const auto& address) { return !absent.addresses.contains(address); };
  const bool can_serve =
      !absent.device && std::any_of(wanted.addresses.begin(), wanted.addresses.end(), is_there);
  if (wanted.enabled && (can_serve || observed.subsystems.contains(nqn))) {
    target.subsystems[nqn] = subsystem_of(wanted, !absent.device);
    for (const auto& host : wanted.hosts.list) allow(target, host.str(), ours);
    for (const auto& address : wanted.addresses)
      if (is_there(address)) serve_at(target, nqn, address, ours);
  }

  std::erase_if(target.ports, [&](const auto& entry) {
    return entry.second.subsystems.empty() && ours.ports.contains(entry.first);
  });
  std::erase_if(target.hosts, [&](const auto& host) {
    return ours.hosts.contains(host.first) && !is_named(target, host.first);
  });
  return target;
}

Host host_with(const Host& present, const Host& settings) {
  Host host = settings;
  for (const auto& setting : host_settings)
    if (const std::string name(setting.name); present.attributes.contains(name))
      host.attributes.try_emplace(name, setting.when_made);
  return host;
}

Plan plan_to(const Target& observed, const Export& wanted, const Shared& ours,
             const Absent& absent) {
  return make_plan(observed, with_export(observed, wanted, ours, absent));
}

Plan plan_sending_hosts_away(const Target& observed, const Export& wanted, const Shared& ours,
                             const Absent& absent) {
  return make_plan(observed, with_export(observed, wanted, ours, absent), {wanted.name.str()});
}

bool is_made_for(const Target& observed, const Export& wanted) {
  const auto found = observed.subsystems.find(wanted.name.str());
  return found != observed.subsystems.end() &&
         attribute(found->second.attributes, "attr_serial") == wanted.identity.serial;
}

bool is_bare(const Target& observed, const std::string& nqn) {
  const auto found = observed.subsystems.find(nqn);
  return found != observed.subsystems.end() && found->second.namespaces.empty() &&
         found->second.allowed_hosts.empty() &&
         std::none_of(observed.ports.begin(), observed.ports.end(),
                      [&](const auto& port) { return port.second.subsystems.contains(nqn); });
}

Export recognise(const Target& observed, const Nqn& name) {
  Export result{.name = name};
  const auto found = observed.subsystems.find(name.str());
  if (found == observed.subsystems.end()) return result;
  const Subsystem& subsystem = found->second;

  result.hosts.any = attribute(subsystem.attributes, "attr_allow_any_host") == "1";
  for (const auto& [host, link] : subsystem.allowed_hosts)
    result.hosts.list.insert(Nqn::of_kernel(host));
  for (const auto& [id, address] : ports_of(observed, name.str()))
    result.addresses.push_back(address);
  result.identity.serial = attribute(subsystem.attributes, "attr_serial");
  result.identity.model = attribute(subsystem.attributes, "attr_model");
  if (!subsystem.namespaces.empty()) {
    const Namespace& space = subsystem.namespaces.begin()->second;
    if (auto device = DevicePath::parse(attribute(space.attributes, "device_path")))
      result.device = std::move(*device);
    result.identity.uuid = attribute(space.attributes, "device_uuid");
    result.identity.nguid = attribute(space.attributes, "device_nguid");
    result.enabled = space.enabled && !result.addresses.empty();
  }
  return result;
}

bool is_plain(const Target& observed, const std::string& nqn) {
  const auto found = observed.subsystems.find(nqn);
  const auto name = Nqn::parse(nqn);
  if (found == observed.subsystems.end() || !name) return false;
  const Export recognised = recognise(observed, *name);
  if (!recognised.enabled || !recognised.device) return false;
  // Said again by us, it must come out the same: nothing to remove, nothing to add.
  const Target again = with_export(observed, recognised, Shared{});
  const auto& before = found->second;
  const auto& after = again.subsystems.at(nqn);
  return before.attributes == after.attributes && before.namespaces == after.namespaces &&
         before.allowed_hosts.size() == after.allowed_hosts.size() &&
         std::all_of(observed.ports.begin(), observed.ports.end(), [&](const auto& entry) {
           return entry.second.subsystems.contains(nqn) ==
                  again.ports.at(entry.first).subsystems.contains(nqn);
         });
}

Shared shared_with(const Shared& ours, const Plan& plan) {
  Shared result = ours;
  for (const Step& step : plan) {
    if (step.verb != Verb::make_item) continue;
    if (const auto id = name_below(step.path, "ports/")) result.ports.insert(*id);
    if (const auto host = name_below(step.path, "hosts/")) result.hosts.insert(*host);
  }
  return result;
}

Shared shared_after(const Shared& ours, const Plan& performed, const Target& observed) {
  Shared result = shared_with(ours, performed);
  std::erase_if(result.ports, [&](const auto& id) { return !observed.ports.contains(id); });
  std::erase_if(result.hosts, [&](const auto& host) { return !observed.hosts.contains(host); });
  return result;
}

Target restored(const Target& now, const Target& before, const std::string& nqn,
                const Plan& performed) {
  Target target = now;
  std::set<std::string> made;
  for (const Step& step : performed) {
    if (step.verb == Verb::make_item) made.insert(step.path);
    if (step.verb == Verb::set_attribute)
      if (const auto host = host_of(step.path); host && before.hosts.contains(*host))
        target.hosts[*host] = before.hosts.at(*host);
    if (step.verb != Verb::remove_item) continue;
    if (const auto id = name_below(step.path, "ports/"))
      if (const auto port = before.ports.find(*id); port != before.ports.end())
        target.ports[*id].attributes = port->second.attributes;
    if (const auto host = name_below(step.path, "hosts/"))
      if (const auto then = before.hosts.find(*host); then != before.hosts.end())
        target.hosts[*host] = then->second;
  }

  target.subsystems.erase(nqn);
  if (const auto then = before.subsystems.find(nqn); then != before.subsystems.end())
    target.subsystems[nqn] = then->second;
  for (auto& [id, port] : target.ports) {
    port.subsystems.erase(nqn);
    const auto then = before.ports.find(id);
    if (then == before.ports.end()) continue;
    if (const auto link = then->second.subsystems.find(nqn); link != then->second.subsystems.end())
      port.subsystems.insert(*link);
  }

  std::erase_if(target.ports, [&](const auto& entry) {
    return entry.second.subsystems.empty() && made.contains("ports/" + entry.first);
  });
  std::erase_if(target.hosts, [&](const auto& host) {
    return made.contains("hosts/" + host.first) && !is_named(target, host.first);
  });
  return target;
}

std::map<std::string, TransportAddress> ports_of(const Target& observed,
                                                 const std::string& subsystem) {
  std::map<std::string, TransportAddress> result;
  for (const auto& [id, port] : observed.ports)
    if (port.subsystems.contains(subsystem))
      if (auto address = address_of(port)) result.emplace(id, std::move(*address));
  return result;
}

}  // namespace nvmeofs
