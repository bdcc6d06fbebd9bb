#include <algorithm>
#include <cerrno>

#include "engine/applier.h"
#include "engine/changes.h"
#include "engine/device_refusals.h"
#include "engine/identity.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

std::string names_of(const std::vector<Client>& clients) {
  constexpr std::size_t enough = 4;
  std::string names;
  for (std::size_t i = 0; i < std::min(clients.size(), enough); ++i)
    names +=
        fmt::format("{}{}{}", i == 0 ? "" : ", ",
                    clients[i].host_nqn.empty() ? clients[i].peer : printable(clients[i].host_nqn),
                    clients[i].certainty == Certainty::likely ? " (likely)" : "");
  if (clients.size() > enough) names += fmt::format(" and {} more", clients.size() - enough);
  return names;
}

// What nvmet makes of a namespace that nobody has given an NGUID.
bool is_zero(const std::string& text) {
  return text.find_first_not_of("0-") == std::string::npos;
}

bool has_identity_of(const Export& now, const Export& next) {
  return now.identity.serial == next.identity.serial &&
         std::all_of(next.spaces.begin(), next.spaces.end(), [&](const auto& space) {
           const auto own = now.spaces.find(space.first);
           return own != now.spaces.end() && own->second.uuid == space.second.uuid &&
                  own->second.nguid == space.second.nguid;
         });
}

}  // namespace

// With `lenient` something that was there before and is not now is left out, not refused: an export
// that waits for one address can still be given another.
Result<void> Applier::prepare(LiveExport& entry, Transaction& transaction) {
  const auto* enabling = std::get_if<SetEnabled>(&*transaction.request.intent);
  const bool lenient = enabling == nullptr && entry.view.wanted.enabled;
  if (auto free = check_name_is_free(entry); !free) return free;
  const Intent& intent = *transaction.request.intent;
  const auto* const taken = std::get_if<TakeExport>(&intent);
  for (auto& [nsid, space] : transaction.next.spaces) {
    if (space.uuid.empty()) space.uuid = random_uuid();
    if (space.nguid.empty()) space.nguid = random_uuid();
  }
  const bool named =
      std::holds_alternative<SetSubsystemSetting>(intent) ||
      std::holds_alternative<SetNamespaceIdentity>(intent) ||
      (taken != nullptr && !taken->force && !has_identity_of(entry.view.wanted, transaction.next));
  if (transaction.next.enabled || named)
    if (auto free = check_identity_is_free(transaction.next); !free) return free;
  if (auto together =
          check_together(transaction.next.settings, environment_.backend.attributes().subsystem);
      !together)
    return together;
  if (transaction.next.enabled)
    if (auto protects = check_hosts(entry, transaction.next); !protects) return protects;
  if (transaction.next.enabled)
    if (auto protects = check_tls_of_ports(entry, transaction.next); !protects) return protects;
  if (transaction.next.enabled)
    if (auto reachable = check_ana_groups(transaction.next); !reachable) return reachable;
  if (auto checked = check_addresses(entry, transaction, lenient); !checked) return checked;
  for (const auto& [nsid, space] : transaction.next.spaces)
    if (auto checked = check_device(entry, transaction, nsid, lenient); !checked) return checked;
  return check_controller(entry, transaction, lenient);
}

Result<void> Applier::check_name_is_free(const LiveExport& entry) {
  const Export& now = entry.view.wanted;
  if (now.enabled || entry.half_done || !observed_.subsystems.contains(now.name.str())) return {};
  return refuse(
      EBUSY, Reason::foreign,
      "something else has made a subsystem of this name meanwhile; remove that one, or remove "
      "this draft to see it");
}

// A host takes two disks of one UUID for two paths to one disk, or refuses the second.
Result<void> Applier::check_identity_is_free(const Export& next) {
  const auto taken = [](const char* what, const std::string& value, const std::string& by) {
    return refuse(
        EEXIST, Reason::identity_taken,
        "its {} {} is that of the subsystem {} too, and a host would take the two for one "
        "disk; remove that one, or make this export anew",
        what, printable(value), printable(by));
  };
  const auto compare = [&](const Space& ours, const std::string& uuid, const std::string& nguid,
                           const std::string& by) -> Result<void> {
    if (!is_zero(uuid) && uuid == ours.uuid) return taken("UUID", uuid, by);
    if (!is_zero(nguid) && nguid == ours.nguid) return taken("NGUID", nguid, by);
    return {};
  };
  for (const auto& [nsid, space] : next.spaces) {
    for (const auto& [other_nsid, other] : next.spaces)
      if (other_nsid < nsid)
        if (auto free = compare(space, other.uuid, other.nguid,
                                fmt::format("{}, namespace {},", next.name.str(), other_nsid));
            !free)
          return free;
    for (const auto& [name, entry] : entries_) {
      if (name == next.name.str()) continue;
      for (const auto& [other_nsid, other] : entry.view.wanted.spaces)
        if (auto free = compare(space, other.uuid, other.nguid, name); !free) return free;
    }
    for (const auto& [name, other] : observed_.subsystems) {
      if (name == next.name.str()) continue;
      for (const auto& [other_nsid, there] : other.namespaces)
        if (auto free = compare(space, attribute(there.attributes, "device_uuid"),
                                attribute(there.attributes, "device_nguid"), name);
            !free)
          return free;
    }
  }
  for (const auto& [name, entry] : entries_)
    if (name != next.name.str() && entry.view.wanted.identity.serial == next.identity.serial)
      return taken("serial number", next.identity.serial, name);
  for (const auto& [name, other] : observed_.subsystems) {
    const auto serial = attribute(other.attributes, "attr_serial");
    if (name != next.name.str() && !serial.empty() && serial == next.identity.serial)
      return taken("serial number", serial, name);
  }
  return {};
}

Result<void> Applier::check_addresses(const LiveExport& entry, Transaction& transaction,
                                      bool lenient) {
  const Export& now = entry.view.wanted;
  const Export& next = transaction.next;
  const bool serving = next.enabled && (!now.enabled || !lenient);
  for (const auto& address : next.addresses) {
    const bool known = contains(now.addresses, address);
    if (known && !serving && !entry.view.absent.addresses.contains(address)) continue;
    if (known && !next.enabled) continue;
    if (auto checked = environment_.addresses.check(address); !checked) {
      if (!known || !lenient) return checked;
      transaction.absent.addresses.insert(address);
      transaction.waiting = fmt::format("{}: {}", address.uri(), checked.error().message);
      continue;
    }
    if (!next.enabled) continue;
    // Whether it is ready now, only its link tells, which is tried again by itself.
    if (known && lenient && address.trtype == Trtype::fc &&
        entry.view.absent.addresses.contains(address)) {
      transaction.absent.addresses.insert(address);
      transaction.waiting = entry.view.waiting;
      continue;
    }
    if (auto module = environment_.backend.need_transport(address.trtype); !module) return module;
    const auto port = ours_.wanted_ports.find(address);
    if (port != ours_.wanted_ports.end() && wants_tls(port->second.settings))
      if (auto can = environment_.addresses.check_tls(); !can) return can;
  }
  return {};
}

Result<void> Applier::check_ana_groups(const Export& next) const {
  const std::string& name = next.name.str();
  const auto now = observed_.subsystems.find(name);
  // What was so when it was taken over stays so.
  const auto is_so = [&](const Port& port, Nsid nsid, const std::string& group) {
    if (now == observed_.subsystems.end() || !port.subsystems.contains(name)) return false;
    const auto space = now->second.namespaces.find(std::to_string(nsid));
    return space != now->second.namespaces.end() &&
           attribute(space->second.attributes, "ana_grpid") == group;
  };
  for (const auto& [id, port] : observed_.ports) {
    const auto address = address_of(port);
    if (!address || ours_.ports.contains(id) || !contains(next.addresses, *address)) continue;
    for (const auto& [nsid, space] : next.spaces) {
      const std::string group = std::to_string(space.ana_group);
      if (!space.enabled || port.ana_groups.contains(group) || is_so(port, nsid, group)) continue;
      return refuse(EBUSY, Reason::foreign,
                    "something else made the port at {}, ports/{} of the kernel, and it has no ANA "
                    "group {}, so that hosts could not get at namespace {} there; make the group "
                    "with what made the port, or put the namespace into another group",
                    address->uri(), printable(id), group, nsid);
    }
  }
  return {};
}

Result<void> Applier::check_not_served(const LiveExport& entry, const Transaction& transaction,
                                       Nsid nsid, const DeviceId& device) {
  for (const auto& [other_nsid, claim] : transaction.claims)
    if (claim->device().overlaps(device))
      return refuse(EBUSY, Reason::device_served,
                    "namespaces {} and {} of this export have the same disk", other_nsid, nsid);
  for (const auto& [other_nsid, space] : entry.spaces)
    if (other_nsid != nsid && space.claim && space.claim->device().overlaps(device))
      return refuse(EBUSY, Reason::device_served, "namespace {} of this export serves it already",
                    other_nsid);
  if (entry.controller && entry.controller->controller().has(device))
    return refuse(EBUSY, Reason::device_served, "passthru of this export serves it already");
  return check_not_served_elsewhere(entry, {device}, 0);
}

Result<void> Applier::check_not_served_elsewhere(const LiveExport& entry,
                                                 const std::vector<DeviceId>& disks,
                                                 std::uint64_t controller) {
  const auto is_one = [&](const DeviceId& theirs) {
    return std::any_of(disks.begin(), disks.end(),
                       [&](const DeviceId& disk) { return disk.overlaps(theirs); });
  };
  const auto has_one = [&](const Controller& theirs) {
    return (controller != 0 && theirs.number == controller) ||
           std::any_of(theirs.disks.begin(), theirs.disks.end(), is_one);
  };
  for (const auto& [name, other] : entries_) {
    if (&other == &entry) continue;
    const bool serves =
        std::any_of(other.spaces.begin(), other.spaces.end(),
                    [&](const auto& space) {
                      return space.second.claim && is_one(space.second.claim->device());
                    }) ||
        (other.controller && has_one(other.controller->controller()));
    if (serves)
      return refuse(EBUSY, Reason::device_served, "the export {} serves it already",
                    printable(name));
    const auto found = observed_.subsystems.find(name);
    if (!(other.view.foreign || other.cut_off) || found == observed_.subsystems.end()) continue;
    const auto path_of = [](const auto& in_kernel) {
      return attribute(in_kernel.attributes, "device_path");
    };
    const auto passes = [&](const Passthru& passthru) {
      if (!passthru.enabled) return false;
      const auto theirs = environment_.devices.identify_controller(path_of(passthru));
      return theirs && has_one(*theirs);
    };
    const bool serve = passes(found->second.passthru) ||
                       std::any_of(found->second.namespaces.begin(), found->second.namespaces.end(),
                                   [&](const auto& space) {
                                     if (!space.second.enabled) return false;
                                     const auto disk =
                                         environment_.devices.identify(path_of(space.second));
                                     return disk && is_one(*disk);
                                   });
    if (serve)
      return refuse(EBUSY, Reason::device_served, "the subsystem {}{} serves it already",
                    printable(name), other.cut_off ? "" : ", made by something else,");
  }
  return {};
}

Result<void> Applier::check_device(LiveExport& entry, Transaction& transaction, Nsid nsid,
                                   bool lenient) {
  Space& next = transaction.next.spaces.at(nsid);
  const auto* setting = std::get_if<SetDevice>(&*transaction.request.intent);
  const auto now = entry.view.wanted.spaces.find(nsid);
  const bool taken = std::holds_alternative<TakeExport>(*transaction.request.intent) &&
                     (now == entry.view.wanted.spaces.end() || now->second.device != next.device);
  if (!next.device) {
    next.disk = {};
    next.direct = true;
    next.has_served = false;
    return {};
  }
  if (taken || (setting != nullptr && setting->nsid == nsid))
    return check_written_device(entry, transaction, nsid);

  const bool unclaimed = transaction.next.enabled && next.enabled &&
                         (entry.view.foreign || entry.claim(nsid) == nullptr);
  if (!unclaimed) return {};
  if (lenient && entry.view.absent.devices.contains(nsid)) {
    transaction.absent.devices.insert(nsid);
    transaction.waiting = entry.view.waiting;
    return {};
  }
  auto claim = claim_known(entry, transaction, nsid);
  if (!claim) return tl::unexpected(claim.error());
  next.disk = (*claim)->identity();
  next.direct = (*claim)->direct();
  transaction.claims.insert_or_assign(nsid, std::move(*claim));
  return {};
}

Result<void> Applier::check_written_device(LiveExport& entry, Transaction& transaction, Nsid nsid) {
  static const Space nothing;
  const auto known = entry.view.wanted.spaces.find(nsid);
  const Space& now = known != entry.view.wanted.spaces.end() ? known->second : nothing;
  Space& next = transaction.next.spaces.at(nsid);
  auto id = environment_.devices.identify(next.device->path());
  if (!id) return tl::unexpected(id.error());
  const Caller& caller = transaction.request.caller;
  if (!caller.is_root())
    if (auto may = environment_.devices.check_caller(caller, next.device->path()); !may) return may;
  if (const Claim* const held = entry.claim(nsid); held != nullptr && held->device().same(*id))
    return {};  // another name of what it serves already
  if (auto free = check_not_served(entry, transaction, nsid, *id); !free) return free;

  // What hosts have put on this disk is no reason to refuse it; on another it is. The disk of a
  // moment ago, which is taken back, is as it was known then.
  const auto* const taken = std::get_if<TakeExport>(&*transaction.request.intent);
  const bool taken_back = taken != nullptr && taken->force;
  // What another export gives up for it is as that one knows it.
  const bool taken_along = taken != nullptr && !taken->force && next.has_served;
  bool is_own = taken_back;
  bool served_before = taken_back && next.has_served;
  if ((now.has_served || taken_along) && !taken_back) {
    const auto seen = environment_.devices.examine(*next.device, Members::allow);
    if (!seen) return tl::unexpected(seen.error());
    const auto is_disk_of = [&](const Space& space) {
      return seen->identity.text.empty() ? space.disk.text.empty() && space.device &&
                                               space.device->path() == next.device->path()
                                         : seen->identity == space.disk;
    };
    is_own = now.has_served && is_disk_of(now);
    served_before = is_own || (taken_along && is_disk_of(next));
    next.disk = seen->identity;
    next.direct = seen->direct;
  }
  const Members members = served_before ? Members::allow : Members::refuse;
  if (transaction.next.enabled && next.enabled) {
    auto claim = claim_same(*next.device, *id, members);
    if (!claim) return tl::unexpected(claim.error());
    next.disk = (*claim)->identity();
    next.direct = (*claim)->direct();
    transaction.claims.insert_or_assign(nsid, std::move(*claim));
  } else if (!served_before) {
    const auto seen = environment_.devices.examine(*next.device, members);
    if (!seen) return tl::unexpected(seen.error());
    next.disk = seen->identity;
    next.direct = seen->direct;
  }
  if (is_own) return {};
  next.has_served = served_before;
  // A host that comes back after an outage would go on with its cached blocks on another disk's
  // data, if that disk had the identity of the one it knew.
  if (now.has_served && next.uuid == now.uuid) {
    next.uuid = random_uuid();
    next.nguid = random_uuid();
  }
  return {};
}

Result<std::unique_ptr<Claim>> Applier::claim_same(const DevicePath& device, const DeviceId& seen,
                                                   Members members) {
  auto claim = environment_.devices.claim(device, members);
  if (!claim || (*claim)->device().same(seen)) return claim;
  return refuse_moved();
}

// The device as it was written once, if the path still leads to it.
Result<std::unique_ptr<Claim>> Applier::claim_known(const LiveExport& entry,
                                                    const Transaction& transaction, Nsid nsid) {
  const Space& now = entry.view.wanted.spaces.at(nsid);
  auto id = environment_.devices.identify(now.device->path());
  if (!id) return tl::unexpected(id.error());
  if (auto free = check_not_served(entry, transaction, nsid, *id); !free)
    return tl::unexpected(free.error());
  auto claim = claim_same(*now.device, *id,
                          now.has_served || entry.view.foreign ? Members::allow : Members::refuse);
  if (claim && !(*claim)->identity().can_be(now.disk))
    return refuse_other_disk(*now.device, now.disk, (*claim)->identity(), "device");
  return claim;
}

// A host that is connected and left out. Who is not known to be welcome is not.
bool Applier::must_send_hosts_away(const Export& next) {
  const std::string& name = next.name.str();
  if (ports_of(observed_, name).empty()) return false;
  const auto clients = environment_.sessions.clients(observed_, name);
  return !clients || !who_would_lose(*clients, {}, observed_, name, next.hosts).empty();
}

Result<void> Applier::check_nobody_loses(const LiveExport& entry, const Export& next,
                                         const Plan& plan, bool force) {
  if (force || plan.empty()) return {};
  const std::string& name = next.name.str();
  const auto clients = environment_.sessions.clients(observed_, name);
  const bool left_out = next.enabled && next.hosts != entry.view.wanted.hosts;
  const char* const way_out =
      left_out       ? "disconnect them there, or write ' force' after a host: that ends the "
                       "connections of all hosts of this export, and those that may come back do so "
                       "after their reconnect_delay, 10 s unless set there"
      : next.enabled ? "disconnect them there, or write 0 to enabled first"
                     : "disconnect them there, or write '0 force'";
  if (!clients) {
    if (ports_of(observed_, name).empty()) return {};
    return refuse(EBUSY, Reason::hosts_connected,
                  "it cannot be known whether hosts are connected ({}); {}",
                  clients.error().message, way_out);
  }
  const auto losers = who_would_lose(*clients, plan, observed_, name,
                                     next.enabled ? next.hosts : entry.view.wanted.hosts);
  if (losers.empty()) return {};
  return refuse(EBUSY, Reason::hosts_connected, "connected: {}; {}", names_of(losers), way_out);
}

}  // namespace nvmeofs
