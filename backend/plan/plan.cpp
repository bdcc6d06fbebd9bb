#include "nvmeofs/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/number.h"
#include "nvmeofs/ana.h"
#include "nvmeofs/host_setting.h"
#include "nvmeofs/subsystem_setting.h"

namespace nvmeofs {

namespace {

std::string subsystem_path(const std::string& nqn) {
  return "subsystems/" + nqn;
}
std::string namespace_path(const std::string& nqn, const std::string& nsid) {
  return subsystem_path(nqn) + "/namespaces/" + nsid;
}
std::string allowed_host_path(const std::string& nqn, const std::string& link) {
  return subsystem_path(nqn) + "/allowed_hosts/" + link;
}
std::string port_path(const std::string& id) {
  return "ports/" + id;
}
std::string port_link_path(const std::string& id, const std::string& link) {
  return port_path(id) + "/subsystems/" + link;
}
std::string ana_group_path(const std::string& id, const std::string& group) {
  return port_path(id) + "/ana_groups/" + group;
}
std::string referral_path(const std::string& id, const std::string& name) {
  return port_path(id) + "/referrals/" + name;
}
std::string host_path(const std::string& nqn) {
  return "hosts/" + nqn;
}

// Whether `to` names an attribute that `from` does not hold with this text.
bool differs(const Attributes& from, const Attributes& to) {
  return std::any_of(to.begin(), to.end(), [&](const auto& wanted) {
    const auto found = from.find(wanted.first);
    return found == from.end() || found->second != wanted.second;
  });
}

// The same of what the kernel does not change while the namespace is enabled: all but its ANA
// group.
bool differs_frozen(const Attributes& from, Attributes to) {
  to.erase("ana_grpid");
  return differs(from, to);
}

// A host is not told that another controller, or none, answers it from now on: nvmet ends no
// connection when passthru is turned off (nvmet-rules.md 5). And a path that was written once can
// not be taken back, which counts for who wants the kernel as it was.
bool serves_another_controller(const Passthru& from, const Passthru& to) {
  constexpr const char* path = "device_path";
  if (from.enabled != to.enabled) return true;
  const std::string now = attribute(from.attributes, path);
  return to.enabled ? now != attribute(to.attributes, path)
                    : !now.empty() && !to.attributes.empty() && !to.attributes.contains(path);
}

// What is EINVAL once a host has sent Identify Controller, and stays so until the subsystem is
// removed (nvmet_subsys_attr_serial_store): others take another subsystem.
bool must_be_made_anew(const Subsystem& from, const Subsystem& to) {
  if (serves_another_controller(from.passthru, to.passthru)) return true;
  return std::any_of(subsystem_settings.begin(), subsystem_settings.end(),
                     [&](const auto& setting) {
                       const std::string name(setting.attribute);
                       const auto wanted = to.attributes.find(name);
                       return setting.frozen && wanted != to.attributes.end() &&
                              attribute(from.attributes, name) != wanted->second;
                     });
}

// device_path and device_uuid are EBUSY while the namespace is enabled. Hosts that saw it go and
// come would race with their own rescan and lose the open disk in some cases: with the subsystem
// taken off its ports meanwhile they hold their I/O and come back (nvmet-rules.md 3). One that goes
// for good is told at once: its hosts learn that the disk is gone, and keep their connections.
bool must_be_off_the_ports(const Subsystem& from, const Subsystem& to) {
  return std::any_of(from.namespaces.begin(), from.namespaces.end(), [&](const auto& entry) {
    const auto wanted = to.namespaces.find(entry.first);
    return wanted != to.namespaces.end() && entry.second.enabled &&
           (!wanted->second.enabled ||
            differs_frozen(entry.second.attributes, wanted->second.attributes));
  });
}

void unlink_everywhere(Target& target, const std::string& nqn) {
  for (auto& [id, port] : target.ports) port.subsystems.erase(nqn);
}

// What is left when everything has gone that stands in the way of `to`: the half-way point.
Target without_obstacles(const Target& from, const Target& to,
                         const std::set<std::string>& bounced) {
  Target middle = from;

  for (const auto& [nqn, subsystem] : from.subsystems) {
    const auto wanted = to.subsystems.find(nqn);
    if (wanted == to.subsystems.end() || must_be_made_anew(subsystem, wanted->second)) {
      middle.subsystems.erase(nqn);
      unlink_everywhere(middle, nqn);
      continue;
    }
    if (bounced.contains(nqn) || must_be_off_the_ports(subsystem, wanted->second))
      unlink_everywhere(middle, nqn);
    auto& left = middle.subsystems.at(nqn);
    std::erase_if(left.namespaces, [&](const auto& entry) {
      return !wanted->second.namespaces.contains(entry.first);
    });
    std::erase_if(left.allowed_hosts, [&](const auto& entry) {
      return !wanted->second.allowed_hosts.contains(entry.first);
    });
    for (auto& [nsid, space] : left.namespaces) {
      const auto& then = wanted->second.namespaces.at(nsid);
      if (!then.enabled || differs_frozen(space.attributes, then.attributes)) space.enabled = false;
    }
  }

  for (const auto& [id, port] : from.ports) {
    const auto wanted = to.ports.find(id);
    if (wanted == to.ports.end()) {
      middle.ports.erase(id);
      continue;
    }
    auto& left = middle.ports.at(id);
    // A port's attributes are EACCES while it has a link.
    if (differs(port.attributes, wanted->second.attributes)) left.subsystems.clear();
    std::erase_if(left.subsystems, [&](const auto& entry) {
      return !wanted->second.subsystems.contains(entry.first);
    });
  }

  std::erase_if(middle.hosts, [&](const auto& host) { return !to.hosts.contains(host.first); });
  return middle;
}

// Steps of one kind follow those of another; within a kind the order is that of the names.
class Steps {
 public:
  void add(Verb verb, std::string path, std::string value, std::string why) {
    plan_.push_back({verb, std::move(path), std::move(value), std::move(why)});
  }
  // The kernel makes the file readable by all.
  void add_secret(const std::string& path, const Secret& secret, const std::string& why) {
    add(Verb::protect, path, "", "only root may read what is written next");
    plan_.push_back({Verb::set_attribute, path, "", why, secret});
  }
  Plan take() { return std::move(plan_); }

 private:
  Plan plan_;
};

// The group that each port has from the beginning to its end.
bool is_built_in(const std::string& group) {
  return group == std::to_string(first_ana_group);
}

void remove_groups(Steps& steps, const std::string& id, const Port& present, const Port& wanted) {
  for (const auto& [group, state] : present.ana_groups)
    if (!is_built_in(group) && !wanted.ana_groups.contains(group))
      steps.add(Verb::remove_item, ana_group_path(id, group), "",
                "no namespace that is served here is in this ANA group any more");
}

// It is disabled on the way, where it is enabled.
void remove_referrals(Steps& steps, const std::string& id, const Port& present,
                      const Port& wanted) {
  for (const auto& [name, referral] : present.referrals)
    if (!wanted.referrals.contains(name))
      steps.add(Verb::remove_item, referral_path(id, name), "",
                "hosts are not told of this discovery controller any more");
}

void make_groups(Steps& steps, const std::string& id, const Port& present, const Port& wanted) {
  for (const auto& [group, state] : wanted.ana_groups) {
    const std::string path = ana_group_path(id, group);
    const auto found = present.ana_groups.find(group);
    const bool there = found != present.ana_groups.end();
    if (!there && !is_built_in(group))
      steps.add(Verb::make_item, path, "", "an ANA group of namespaces that are served here");
    const std::string now = there                ? found->second
                            : is_built_in(group) ? "optimized"
                                                 : "inaccessible";
    if (now != state)
      steps.add(Verb::set_attribute, path + "/ana_state", state,
                "what hosts are told of the paths that lead here");
  }
}

// Both ends of the way down: `from` holds all that `middle` holds.
void remove(Steps& steps, const Target& from, const Target& middle) {
  for (const auto& [id, port] : from.ports) {
    const auto left = middle.ports.find(id);
    for (const auto& [nqn, link] : port.subsystems)
      if (left == middle.ports.end() || !left->second.subsystems.contains(nqn))
        steps.add(Verb::remove_link, port_link_path(id, link), "",
                  fmt::format("{} is not served here any more", nqn));
  }
  for (const auto& [nqn, subsystem] : from.subsystems) {
    const auto left = middle.subsystems.find(nqn);
    const bool stays = left != middle.subsystems.end();
    for (const auto& [host, link] : subsystem.allowed_hosts)
      if (!stays || !left->second.allowed_hosts.contains(host))
        steps.add(Verb::remove_link, allowed_host_path(nqn, link), "",
                  stays ? "this host may not connect any more" : "the subsystem goes");
    for (const auto& [nsid, space] : subsystem.namespaces) {
      const std::string path = namespace_path(nqn, nsid);
      if (!stays || !left->second.namespaces.contains(nsid))
        // Not enable=0 first: that waits under a lock that stalls every other connect on the
        // target, where rmdir waits alone.
        steps.add(Verb::remove_item, path, "", "frees the device");
      else if (space.enabled && !left->second.namespaces.at(nsid).enabled)
        steps.add(Verb::set_attribute, path + "/enable", "0",
                  "an enabled namespace cannot be changed");
    }
    if (!stays) steps.add(Verb::remove_item, subsystem_path(nqn), "", "its name is free again");
  }

  for (const auto& [nqn, host] : from.hosts)
    if (!middle.hosts.contains(nqn))
      steps.add(Verb::remove_item, host_path(nqn), "", "no export names this host any more");

  // Ports last: nvmet_port_release() waits for the end of every connection of every export, and
  // rmdir keeps all of ports/ locked meanwhile. What those wait for (the I/O of a disk that hangs)
  // is waited for above already, where it holds up its own namespace only.
  for (const auto& [id, port] : from.ports) {
    if (middle.ports.contains(id)) continue;
    remove_groups(steps, id, port, Port{});
    remove_referrals(steps, id, port, Port{});
    steps.add(Verb::remove_item, port_path(id), "", "no export uses this address any more");
  }
}

void set(Steps& steps, const std::string& path, const Attributes& present, const Attributes& wanted,
         const std::string& name, const std::string& why) {
  const auto value = wanted.find(name);
  if (value == wanted.end()) return;
  const auto now = present.find(name);
  if (now == present.end() || now->second != value->second)
    steps.add(Verb::set_attribute, path + "/" + name, value->second, why);
}

void set_all(Steps& steps, const std::string& path, const Attributes& present,
             const Attributes& wanted, const std::string& why) {
  for (const auto& [name, value] : wanted) set(steps, path, present, wanted, name, why);
}

// Whether the upper limit of the controller ids goes to where the lower one is.
bool comes_below(const Attributes& present, const Attributes& wanted) {
  const auto least = decimal(attribute(present, "attr_cntlid_min"), UINT16_MAX);
  const auto most = decimal(attribute(wanted, "attr_cntlid_max"), UINT16_MAX);
  return least && most && *most <= *least;
}

void make_passthru(Steps& steps, const std::string& path, const Passthru& present,
                   const Passthru& wanted) {
  set_all(steps, path, present.attributes, wanted.attributes,
          "which controller is served whole, and how");
  // Not idempotent: 1 is EINVAL where it is 1.
  if (wanted.enabled && !present.enabled)
    steps.add(Verb::set_attribute, path + "/enable", "1",
              "from here on it is the controller that answers hosts");
}

void make_subsystem(Steps& steps, const std::string& nqn, const Subsystem* present,
                    const Subsystem& wanted) {
  static const Subsystem nothing;
  if (present == nullptr) {
    steps.add(Verb::make_item, subsystem_path(nqn), "", "the subsystem that hosts connect to");
    present = &nothing;
  }
  // attr_allow_any_host: true is EINVAL while a host is linked, a host's link while it is true.
  // Links that go have gone already; links that come do so after it.
  const std::string path = subsystem_path(nqn);
  constexpr const char* why = "so that hosts see what they saw before";
  // Each limit is EINVAL beyond the other; the upper one goes first unless it comes down that far.
  const char* const first =
      comes_below(present->attributes, wanted.attributes) ? "attr_cntlid_min" : "attr_cntlid_max";
  set(steps, path, present->attributes, wanted.attributes, first, why);
  for (const auto& [name, value] : wanted.attributes)
    if (name != first) set(steps, path, present->attributes, wanted.attributes, name, why);
  for (const auto& [host, link] : wanted.allowed_hosts)
    if (!present->allowed_hosts.contains(host))
      steps.add(Verb::make_link, allowed_host_path(nqn, link), host_path(host),
                "this host may connect");

  make_passthru(steps, path + "/passthru", present->passthru, wanted.passthru);
  for (const auto& [nsid, space] : wanted.namespaces) {
    const std::string space_path = namespace_path(nqn, nsid);
    const auto found = present->namespaces.find(nsid);
    const bool there = found != present->namespaces.end();
    static const Attributes fresh{{"ana_grpid", std::to_string(first_ana_group)}};
    if (!there) steps.add(Verb::make_item, space_path, "", "the disk within the subsystem");
    set_all(steps, space_path, there ? found->second.attributes : fresh, space.attributes,
            "what is served, and under which identity");
    if (space.enabled && !(there && found->second.enabled))
      steps.add(Verb::set_attribute, space_path + "/enable", "1", "the kernel opens the device");
  }
}

// The transport first: writing it resets addr_tsas, and some kernels index their table of
// transports with what was never written when the link is made.
constexpr std::array address_attributes{"addr_trtype", "addr_adrfam", "addr_traddr",
                                        "addr_trsvcid"};

void make_referrals(Steps& steps, const std::string& id, const Port& present, const Port& wanted) {
  static const PortReferral nothing;
  for (const auto& [name, referral] : wanted.referrals) {
    const std::string path = referral_path(id, name);
    const auto found = present.referrals.find(name);
    if (found == present.referrals.end())
      steps.add(Verb::make_item, path, "", "a discovery controller that hosts are told of here");
    const PortReferral& now = found != present.referrals.end() ? found->second : nothing;
    const bool changes = differs(now.attributes, referral.attributes);
    if (now.enabled && (changes || !referral.enabled))
      steps.add(Verb::set_attribute, path + "/enable", "0",
                changes ? "an enabled referral cannot be changed" : "hosts are not told of it");
    for (const auto& attribute : address_attributes)
      set(steps, path, now.attributes, referral.attributes, attribute, "where it is");
    if (referral.enabled && (changes || !now.enabled))
      steps.add(Verb::set_attribute, path + "/enable", "1", "hosts that ask are told of it");
  }
}

void make_port(Steps& steps, const std::string& id, const Port* present, const Port& wanted) {
  static const Port nothing;
  const std::string path = port_path(id);
  if (present == nullptr) {
    steps.add(Verb::make_item, path, "", "an address to listen on");
    present = &nothing;
  }
  for (const auto& name : address_attributes)
    set(steps, path, present->attributes, wanted.attributes, name, "where to listen");
  // Then the channel, whose "none" takes back what addr_treq says.
  constexpr const char* how = "how to listen";
  set(steps, path, present->attributes, wanted.attributes, "addr_tsas", how);
  for (const auto& [name, value] : wanted.attributes)
    if (std::find(address_attributes.begin(), address_attributes.end(), name) ==
            address_attributes.end() &&
        name != "addr_tsas")
      set(steps, path, present->attributes, wanted.attributes, name, how);
  make_groups(steps, id, *present, wanted);
  make_referrals(steps, id, *present, wanted);
}

// All of it can change at any time, and counts from the next authentication on.
void make_host(Steps& steps, const std::string& nqn, const Host* present, const Host& wanted) {
  static const Host as_made = [] {
    Host host;
    for (const auto& setting : host_settings)
      set(host, setting, Secret(std::string(setting.when_made)));
    return host;
  }();
  const std::string path = host_path(nqn);
  if (present == nullptr) {
    steps.add(Verb::make_item, path, "", "a host that is named by an export");
    present = &as_made;
  }
  const std::string why = "how this host proves who it is";
  set_all(steps, path, present->attributes, wanted.attributes, why);
  for (const auto& [name, key] : wanted.keys) {
    const auto now = present->keys.find(name);
    if (now == present->keys.end() || now->second != key)
      steps.add_secret(path + "/" + name, key, why);
  }
  for (const auto& [name, key] : present->keys)
    if (!wanted.keys.contains(name))
      steps.add(Verb::set_attribute, path + "/" + name, nul, "it needs no key any more");
}

// Both ends of the way up: `to` holds all that `middle` holds.
void make(Steps& steps, const Target& middle, const Target& to) {
  for (const auto& [nqn, host] : to.hosts) {
    const auto found = middle.hosts.find(nqn);
    make_host(steps, nqn, found != middle.hosts.end() ? &found->second : nullptr, host);
  }
  // Before a namespace comes into an ANA group, each port that serves it has the group: it would be
  // inaccessible there until then.
  for (const auto& [id, port] : to.ports)
    if (const auto found = middle.ports.find(id); found != middle.ports.end())
      make_port(steps, id, &found->second, port);
  for (const auto& [nqn, subsystem] : to.subsystems) {
    const auto found = middle.subsystems.find(nqn);
    make_subsystem(steps, nqn, found != middle.subsystems.end() ? &found->second : nullptr,
                   subsystem);
  }
  for (const auto& [id, port] : to.ports)
    if (!middle.ports.contains(id)) make_port(steps, id, nullptr, port);
  // Last, so that no host can connect to something half made.
  for (const auto& [id, port] : to.ports) {
    const auto found = middle.ports.find(id);
    for (const auto& [nqn, link] : port.subsystems)
      if (found == middle.ports.end() || !found->second.subsystems.contains(nqn))
        steps.add(Verb::make_link, port_link_path(id, link), subsystem_path(nqn),
                  "from here on hosts can connect");
  }
  // Their namespaces have left them by now.
  for (const auto& [id, port] : to.ports)
    if (const auto found = middle.ports.find(id); found != middle.ports.end()) {
      remove_groups(steps, id, found->second, port);
      remove_referrals(steps, id, found->second, port);
    }
}

}  // namespace

Plan make_plan(const Target& from, const Target& to, const std::set<std::string>& bounced) {
  const Target middle = without_obstacles(from, to, bounced);
  Steps steps;
  remove(steps, from, middle);
  make(steps, middle, to);
  return steps.take();
}

}  // namespace nvmeofs
