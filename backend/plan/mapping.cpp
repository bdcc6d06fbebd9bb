#include "nvmeofs/mapping.h"

#include <algorithm>
#include <charconv>

#include "nvmeofs/host_setting.h"
#include "nvmeofs/plan.h"

namespace nvmeofs {

namespace {

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

bool is_served(Nsid nsid, const Space& space, const Absent& absent) {
  return space.serves() && !absent.devices.contains(nsid);
}

Subsystem subsystem_of(const Export& wanted, const Absent& absent) {
  Subsystem subsystem;
  name(subsystem.attributes, "attr_serial", wanted.identity.serial);
  name(subsystem.attributes, "attr_model", wanted.identity.model);
  subsystem.attributes["attr_allow_any_host"] = wanted.hosts.any ? "1" : "0";
  subsystem.attributes.insert(wanted.settings.begin(), wanted.settings.end());
  for (const auto& host : wanted.hosts.list) subsystem.allowed_hosts[host.str()] = host.str();
  for (const auto& [nsid, wants] : wanted.spaces) {
    if (!is_served(nsid, wants, absent)) continue;
    Namespace& space = subsystem.namespaces[std::to_string(nsid)];
    space.attributes["device_path"] = wants.device->path();
    name(space.attributes, "device_uuid", wants.uuid);
    name(space.attributes, "device_nguid", wants.nguid);
    space.attributes["ana_grpid"] = std::to_string(wants.ana_group);
    // Direct I/O is EINVAL where the file system has none, as tmpfs on 6.1.
    if (!wants.direct) space.attributes["buffered_io"] = "1";
    for (const auto& [setting, value] : wants.settings) space.attributes[setting] = value;
    space.enabled = true;
  }
  if (wanted.controller.enabled && wanted.controller.device) {
    subsystem.passthru.attributes = wanted.controller.settings;
    subsystem.passthru.attributes["device_path"] = wanted.controller.device->path();
    subsystem.passthru.enabled = true;
  }
  return subsystem;
}

// A controller that is not there leaves nothing to serve: its hosts have lost all that they had.
bool can_be_served(const Target& observed, const Export& wanted, const Absent& absent) {
  if (wanted.controller.enabled && absent.controller) return false;
  if (observed.subsystems.contains(wanted.name.str())) return true;
  const bool has_disk =
      wanted.controller.enabled ||
      std::any_of(wanted.spaces.begin(), wanted.spaces.end(),
                  [&](const auto& space) { return is_served(space.first, space.second, absent); });
  return has_disk &&
         std::any_of(wanted.addresses.begin(), wanted.addresses.end(),
                     [&](const auto& address) { return !absent.addresses.contains(address); });
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
  for (auto& [name, value] : attributes_of(address)) port.attributes[name] = value;
  const auto wanted = ours.wanted_ports.find(address);
  if (wanted == ours.wanted_ports.end()) return;
  for (auto& [name, value] : attributes_of(wanted->second.settings)) port.attributes[name] = value;
}

// The groups that a port of ours needs for what it serves of the subsystem, in the states that they
// are to have there. A new one of the kernel is inaccessible.
void give_groups(Port& port, const Subsystem& subsystem, const TransportAddress& address,
                 const Shared& ours) {
  const auto found = ours.wanted_ports.find(address);
  const WantedPort wanted = found != ours.wanted_ports.end() ? found->second : WantedPort{};
  for (const auto& [nsid, space] : subsystem.namespaces) {
    const std::string group = attribute(space.attributes, "ana_grpid");
    if (const auto number = parse_ana_group(group))
      port.ana_groups[group] = to_string(wanted.ana_state(*number));
  }
}

// Those that somebody else made at a port of ours stay.
void give_referrals(Port& port, const TransportAddress& address, const Shared& ours) {
  const auto found = ours.wanted_ports.find(address);
  if (found == ours.wanted_ports.end()) return;
  for (const auto& [name, referral] : found->second.referrals) {
    port.referrals.erase(name);
    if (auto wanted = in_kernel(referral)) port.referrals.emplace(name, std::move(*wanted));
  }
}

bool has_in_group(const Subsystem& subsystem, const std::string& group) {
  return std::any_of(
      subsystem.namespaces.begin(), subsystem.namespaces.end(),
      [&](const auto& space) { return attribute(space.second.attributes, "ana_grpid") == group; });
}

// Those that the subsystem was the last to need. One that somebody else made, and that nobody has
// used, goes with the port only.
void drop_groups(Target& target, const Target& observed, const std::string& nqn,
                 const Shared& ours) {
  const auto before = observed.subsystems.find(nqn);
  if (before == observed.subsystems.end()) return;
  for (auto& [id, port] : target.ports) {
    const auto then = observed.ports.find(id);
    if (!ours.ports.contains(id) || then == observed.ports.end() ||
        !then->second.subsystems.contains(nqn))
      continue;
    std::erase_if(port.ana_groups, [&, &served = port.subsystems](const auto& group) {
      return group.first != std::to_string(first_ana_group) &&
             has_in_group(before->second, group.first) &&
             std::none_of(served.begin(), served.end(), [&](const auto& link) {
               const auto there = target.subsystems.find(link.first);
               return there != target.subsystems.end() && has_in_group(there->second, group.first);
             });
    });
  }
}

void serve_at(Target& target, const std::string& nqn, const TransportAddress& address,
              const Shared& ours) {
  for (auto& [id, port] : target.ports) {
    if (address_of(port) != address) continue;
    // One that others are served at stays as it is: hosts of theirs would lose it.
    if (ours.ports.contains(id) && port.subsystems.empty()) give(port, address, ours);
    if (ours.ports.contains(id)) {
      give_groups(port, target.subsystems.at(nqn), address, ours);
      give_referrals(port, address, ours);
    }
    port.subsystems[nqn] = nqn;
    return;
  }
  const Attributes attributes = attributes_of(address);
  const auto half_made = std::find_if(target.ports.begin(), target.ports.end(), [&](auto& entry) {
    return ours.ports.contains(entry.first) && is_half_made_for(entry.second, attributes);
  });
  Port& port =
      half_made != target.ports.end() ? half_made->second : target.ports[free_port(target)];
  give(port, address, ours);
  give_groups(port, target.subsystems.at(nqn), address, ours);
  give_referrals(port, address, ours);
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

// An ANA group or a referral of a port.
struct PlaceAtPort {
  std::string port;
  std::string name;
};

// Of "ports/1/ana_groups/2" and what is in it, where the folder is "ana_groups".
std::optional<PlaceAtPort> place_at_port(const std::string& path, std::string_view folder) {
  constexpr std::string_view ports = "ports/";
  const auto slash = path.find('/', ports.size());
  if (!path.starts_with(ports) || slash == std::string::npos) return std::nullopt;
  const std::string between = fmt::format("/{}/", folder);
  if (path.compare(slash, between.size(), between) != 0) return std::nullopt;
  const auto begin = slash + between.size();
  return PlaceAtPort{path.substr(ports.size(), slash - ports.size()),
                     path.substr(begin, path.find('/', begin) - begin)};
}

// What a step has changed in one of a port's folders.
template <class Folder>
void restore_at_port(Target& target, const Target& before, const std::string& path,
                     std::string_view folder, Folder Port::*member) {
  const auto place = place_at_port(path, folder);
  if (!place) return;
  const auto port = target.ports.find(place->port);
  const auto then = before.ports.find(place->port);
  if (port == target.ports.end() || then == before.ports.end()) return;
  const Folder& earlier = then->second.*member;
  Folder& now = port->second.*member;
  if (const auto found = earlier.find(place->name); found != earlier.end())
    now.insert_or_assign(place->name, found->second);
  else
    now.erase(place->name);
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

  if (wanted.enabled && can_be_served(observed, wanted, absent)) {
    target.subsystems[nqn] = subsystem_of(wanted, absent);
    for (const auto& host : wanted.hosts.list) allow(target, host.str(), ours);
    for (const auto& address : wanted.addresses)
      if (!absent.addresses.contains(address)) serve_at(target, nqn, address, ours);
  }

  drop_groups(target, observed, nqn, ours);
  std::erase_if(target.ports, [&](const auto& entry) {
    return entry.second.subsystems.empty() && ours.ports.contains(entry.first) && !ours.keeps_ports;
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

namespace {

// While a controller is served, that of the drive (nvmet_passthru_ctrl_enable).
constexpr const char* version_attribute = "attr_version";

ServedController recognise_controller(const Passthru& there, const Attributes& fresh) {
  ServedController controller;
  if (auto device = DevicePath::parse(attribute(there.attributes, "device_path")))
    controller.device = std::move(*device);
  controller.enabled = there.enabled && controller.device;
  for (const auto& setting : passthru_settings) {
    const std::string name(setting.name);
    const std::string text = attribute(there.attributes, name);
    if (text != attribute(fresh, name) && check(setting, text) == text)
      controller.settings.emplace(name, text);
  }
  return controller;
}

}  // namespace

Export recognise(const Target& observed, const Nqn& name, const KernelAttributes& fresh) {
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
  for (const auto& [attribute, text] : subsystem.attributes) {
    const auto* const setting = find_subsystem_attribute(attribute);
    if (setting == nullptr || setting->name == "serial" || setting->name == "model") continue;
    if (subsystem.passthru.enabled && attribute == version_attribute) continue;
    const auto first = fresh.subsystem.find(attribute);
    if (first == fresh.subsystem.end() || first->second != text)
      result.settings.emplace(attribute, text);
  }
  result.first().enabled = subsystem.namespaces.empty();
  for (const auto& [id, there] : subsystem.namespaces) {
    const auto nsid = parse_nsid(id);
    if (!nsid) continue;  // also another spelling of a number: no name that we would give
    Space& space = result.spaces[*nsid];
    if (auto device = DevicePath::parse(attribute(there.attributes, "device_path")))
      space.device = std::move(*device);
    space.uuid = attribute(there.attributes, "device_uuid");
    space.nguid = attribute(there.attributes, "device_nguid");
    if (const auto group = parse_ana_group(attribute(there.attributes, "ana_grpid")))
      space.ana_group = *group;
    space.enabled = there.enabled;
    for (const auto& setting : space_settings) {
      const auto set = there.attributes.find(std::string(setting.name));
      if (set == there.attributes.end()) continue;
      const auto first = fresh.space.find(set->first);
      if (first == fresh.space.end() || first->second != set->second) space.settings.insert(*set);
    }
    result.enabled = result.enabled || (there.enabled && !result.addresses.empty());
  }
  result.controller = recognise_controller(subsystem.passthru, fresh.passthru);
  if (result.controller.enabled) result.enabled = !result.addresses.empty();
  return result;
}

namespace {

// Whether `after` has all that `before` has, but for what a new one has by itself.
bool says_all(const Attributes& before, const Attributes& after, const Attributes& fresh) {
  return std::all_of(before.begin(), before.end(), [&](const auto& present) {
    const auto said = after.find(present.first);
    if (said != after.end()) return said->second == present.second;
    const auto first = fresh.find(present.first);
    return first != fresh.end() && first->second == present.second;
  });
}

bool says_all(const std::map<std::string, Namespace>& before,
              const std::map<std::string, Namespace>& after, const Attributes& fresh) {
  return std::equal(before.begin(), before.end(), after.begin(), after.end(),
                    [&](const auto& a, const auto& b) {
                      return a.first == b.first && a.second.enabled == b.second.enabled &&
                             says_all(a.second.attributes, b.second.attributes, fresh);
                    });
}

}  // namespace

bool is_plain(const Target& observed, const std::string& nqn, const KernelAttributes& fresh) {
  const auto found = observed.subsystems.find(nqn);
  const auto name = Nqn::parse(nqn);
  if (found == observed.subsystems.end() || !name) return false;
  const Export recognised = recognise(observed, *name, fresh);
  if (!recognised.enabled) return false;
  // Said again by us, it must come out the same: nothing to remove, nothing to add.
  const Target again = with_export(observed, recognised, Shared{});
  const auto& before = found->second;
  const auto& after = again.subsystems.at(nqn);
  Attributes own = before.attributes;
  if (before.passthru.enabled) own.erase(version_attribute);
  return says_all(own, after.attributes, fresh.subsystem) &&
         says_all(before.namespaces, after.namespaces, fresh.space) &&
         before.passthru.enabled == after.passthru.enabled &&
         says_all(before.passthru.attributes, after.passthru.attributes, fresh.passthru) &&
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
    restore_at_port(target, before, step.path, "ana_groups", &Port::ana_groups);
    restore_at_port(target, before, step.path, "referrals", &Port::referrals);
    if (step.verb == Verb::set_attribute)
      if (const auto host = host_of(step.path); host && before.hosts.contains(*host))
        target.hosts[*host] = before.hosts.at(*host);
    if (step.verb != Verb::remove_item) continue;
    if (const auto id = name_below(step.path, "ports/"))
      if (const auto port = before.ports.find(*id); port != before.ports.end()) {
        target.ports[*id].attributes = port->second.attributes;
        target.ports[*id].ana_groups = port->second.ana_groups;
        target.ports[*id].referrals = port->second.referrals;
      }
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
