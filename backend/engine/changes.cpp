#include "engine/changes.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "nvmeofs/mapping.h"
#include "nvmeofs/text.h"

namespace nvmeofs {

namespace {

tl::unexpected<Error> disable_first() {
  return refuse(EBUSY, Reason::still_enabled,
                "it cannot be cleared while the export is enabled; write 0 to enabled first");
}

// nvmet_subsys_attr_serial_store and the others of its kind: EINVAL once a host has seen it.
tl::unexpected<Error> frozen() {
  return refuse(
      EBUSY, Reason::still_enabled,
      "the kernel does not change it once a host has connected; write 0 to enabled first, "
      "and 1 after it");
}

tl::unexpected<Error> no_namespace() {
  return refuse(ENOENT, Reason::gone, "there is no such namespace");
}

struct Change {
  Export next;

  bool serves_something() const {
    return next.controller.enabled ||
           std::any_of(next.spaces.begin(), next.spaces.end(),
                       [](const auto& space) { return space.second.serves(); });
  }

  Result<Export> operator()(const MakeExport&) {
    return refuse(EIO, Reason::internal, "mkdir is no change of an export");
  }
  Result<Export> operator()(const RemoveExport&) {
    return refuse(EIO, Reason::internal, "rmdir is no change of an export");
  }

  Result<Export> operator()(const SetAccess&) {
    return refuse(EIO, Reason::internal, "chown is no change of an export");
  }

  Result<Export> operator()(const SetPortSetting&) {
    return refuse(EIO, Reason::internal, "a port's setting is no change of an export");
  }

  Result<Export> operator()(const SetAnaState&) {
    return refuse(EIO, Reason::internal, "a port's ANA state is no change of an export");
  }

  static tl::unexpected<Error> is_of_a_port() {
    return refuse(EIO, Reason::internal, "a port's referral is no change of an export");
  }
  Result<Export> operator()(const MakeReferral&) { return is_of_a_port(); }
  Result<Export> operator()(const RemoveReferral&) { return is_of_a_port(); }
  Result<Export> operator()(const SetReferralAddress&) { return is_of_a_port(); }
  Result<Export> operator()(const SetReferralEnabled&) { return is_of_a_port(); }

  Result<Export> operator()(const MakeHost&) {
    return refuse(EIO, Reason::internal, "a host is no change of an export");
  }
  Result<Export> operator()(const RemoveHost&) {
    return refuse(EIO, Reason::internal, "a host is no change of an export");
  }
  Result<Export> operator()(const SetHostSetting&) {
    return refuse(EIO, Reason::internal, "a host's setting is no change of an export");
  }

  Result<Export> operator()(const TakeTarget&) {
    return refuse(EIO, Reason::internal, "a target is no change of an export");
  }

  Result<Export> operator()(const TakeExport& intent) {
    const auto keep = [](std::string& text, const std::string& own) {
      if (text.empty()) text = own;
    };
    const Export now = std::exchange(next, intent.next);
    keep(next.identity.serial, now.identity.serial);
    keep(next.identity.model, now.identity.model);
    for (auto& [nsid, space] : next.spaces)
      if (const auto own = now.spaces.find(nsid); own != now.spaces.end()) {
        keep(space.uuid, own->second.uuid);
        keep(space.nguid, own->second.nguid);
      }
    return next.enabled ? complete() : std::move(next);
  }

  Result<Export> operator()(const TakeDown&) {
    next.enabled = false;
    return std::move(next);
  }

  Result<Export> operator()(const SetDevice& intent) {
    const auto space = next.spaces.find(intent.nsid);
    if (space == next.spaces.end()) return no_namespace();
    if (!intent.device && next.enabled && space->second.enabled) return disable_first();
    if (!intent.device && intent.nsid != first_nsid) space->second.enabled = false;
    space->second.device = intent.device;
    return std::move(next);
  }

  Result<Export> operator()(const MakeNamespace& intent) {
    if (next.spaces.contains(intent.nsid))
      return refuse(EEXIST, Reason::exists, "it is there already");
    next.spaces.emplace(intent.nsid, Space{});
    return std::move(next);
  }

  Result<Export> operator()(const RemoveNamespace& intent) {
    if (intent.nsid == first_nsid)
      return refuse(EPERM, Reason::not_offered,
                    "namespace 1 goes with the export; write 0 to its enabled to serve the others "
                    "without it");
    const auto space = next.spaces.find(intent.nsid);
    if (space == next.spaces.end()) return no_namespace();
    if (space->second.enabled)
      return refuse(EBUSY, Reason::still_enabled, "write 0 to its enabled first");
    next.spaces.erase(space);
    return std::move(next);
  }

  Result<Export> operator()(const SetNamespaceEnabled& intent) {
    const auto space = next.spaces.find(intent.nsid);
    if (space == next.spaces.end()) return no_namespace();
    if (intent.on && !space->second.device)
      return refuse(EINVAL, Reason::incomplete, "it has no device yet; write one to device first");
    space->second.enabled = intent.on;
    if (next.enabled && !serves_something())
      return refuse(EBUSY, Reason::still_enabled,
                    "no other namespace of the export is enabled; write 0 to enabled of the export "
                    "instead");
    return std::move(next);
  }

  Result<Export> operator()(const SetNamespaceSetting& intent) {
    const auto found = next.spaces.find(intent.nsid);
    if (found == next.spaces.end()) return no_namespace();
    Space& space = found->second;
    const Space before = space;
    if (intent.value)
      space.settings.insert_or_assign(intent.setting, *intent.value);
    else
      space.settings.erase(intent.setting);
    if (space != before && next.enabled && space.enabled)
      return refuse(EBUSY, Reason::still_enabled,
                    "the kernel does not change it while the namespace is enabled; write 0 to "
                    "enabled of the namespace first, and 1 after it");
    return std::move(next);
  }

  Result<Export> operator()(const SetNamespaceAnaGroup& intent) {
    const auto space = next.spaces.find(intent.nsid);
    if (space == next.spaces.end()) return no_namespace();
    space->second.ana_group = intent.group;
    return std::move(next);
  }

  Result<Export> operator()(const SetNamespaceIdentity& intent) {
    const auto found = next.spaces.find(intent.nsid);
    if (found == next.spaces.end()) return no_namespace();
    Space& space = found->second;
    const Space before = space;
    if (intent.uuid) space.uuid = *intent.uuid;
    if (intent.nguid) space.nguid = *intent.nguid;
    if (space != before && next.enabled && space.enabled)
      return refuse(EBUSY, Reason::still_enabled,
                    "hosts would take it for another disk; write 0 to enabled of the namespace "
                    "first");
    return std::move(next);
  }

  Result<Export> operator()(const SetController& intent) {
    ServedController& controller = next.controller;
    const bool served = next.enabled && controller.enabled;
    if (served && !intent.device) return disable_first();
    // Its hosts would go on with another drive, and none of them is told.
    if (served && intent.device->path() != controller.device->path())
      return refuse(EBUSY, Reason::still_enabled,
                    "it is served now; write 0 to enabled of the export first, and 1 after it");
    if (!intent.device) controller.enabled = false;
    controller.device = intent.device;
    return std::move(next);
  }

  Result<Export> operator()(const SetControllerEnabled& intent) {
    if (intent.on && !next.controller.device)
      return refuse(EINVAL, Reason::incomplete,
                    "there is no controller yet; write one to passthru/device first");
    next.controller.enabled = intent.on;
    if (next.enabled && !serves_something())
      return refuse(EBUSY, Reason::still_enabled,
                    "the export serves nothing else; write 0 to enabled of the export instead");
    return std::move(next);
  }

  Result<Export> operator()(const SetControllerSetting& intent) {
    PassthruSettings& settings = next.controller.settings;
    // Linux hosts give up a disk whose ids are others at the next look (nvme_validate_ns).
    if (intent.setting == "clear_ids" && next.enabled && next.controller.enabled)
      return refuse(EBUSY, Reason::still_enabled,
                    "hosts would lose disks whose ids change; write 0 to enabled of the export "
                    "first, and 1 after it");
    if (intent.value) {
      settings.insert_or_assign(intent.setting, *intent.value);
    } else if (settings.erase(intent.setting) > 0 && next.enabled && next.controller.enabled) {
      return refuse(EBUSY, Reason::still_enabled,
                    "the kernel's own value comes with a new subsystem only; write 0 to enabled of "
                    "the export first, and 1 after it");
    }
    return std::move(next);
  }

  Result<Export> operator()(const SetAddresses& intent) {
    if (!intent.append) next.addresses.clear();
    for (const auto& address : intent.addresses) add_distinct(next.addresses, address);
    if (next.addresses.empty() && next.enabled) return disable_first();
    return std::move(next);
  }

  Result<Export> operator()(const SetHosts& intent) {
    if (!intent.append) next.hosts = Hosts{};
    // Who adds to a list has not said that it is to let in everybody.
    if (intent.hosts.any && !next.hosts.list.empty())
      return refuse(EINVAL, Reason::bad_value,
                    "'any' cannot be added to a list; write it alone, without >>");
    if (intent.hosts.any) next.hosts = intent.hosts;
    if (!intent.hosts.list.empty()) {
      next.hosts.any = false;
      next.hosts.list.insert(intent.hosts.list.begin(), intent.hosts.list.end());
    }
    if (!next.hosts.any && next.hosts.list.empty() && next.enabled) return disable_first();
    return std::move(next);
  }

  Result<Export> operator()(const SetSubsystemSetting& intent) {
    const SubsystemSetting& setting = *find_subsystem_setting(intent.setting);
    const auto take = [&](std::string& text) -> Result<Export> {
      if (!intent.value)
        return refuse(EINVAL, Reason::bad_value, "each export has one; write another to change it");
      if (text == *intent.value) return std::move(next);
      if (next.enabled) return frozen();
      text = *intent.value;
      return std::move(next);
    };
    if (setting.name == "serial") return take(next.identity.serial);
    if (setting.name == "model") return take(next.identity.model);

    const std::string attribute(setting.attribute);
    const auto found = next.settings.find(attribute);
    const bool same = intent.value ? found != next.settings.end() && found->second == *intent.value
                                   : found == next.settings.end();
    if (same) return std::move(next);
    if (next.enabled && setting.frozen) return frozen();
    if (next.enabled && !intent.value)
      return refuse(EBUSY, Reason::still_enabled,
                    "the kernel's own value comes with a new subsystem only; write 0 to enabled "
                    "first, and 1 after it");
    if (intent.value)
      next.settings.insert_or_assign(attribute, *intent.value);
    else
      next.settings.erase(found);
    return std::move(next);
  }

  Result<Export> operator()(const SetEnabled& intent) {
    next.enabled = intent.on;
    return intent.on ? complete() : std::move(next);
  }

  Result<void> check_disks() const {
    const Space& first = next.first();
    if (first.enabled && !first.device && next.addresses.empty())
      return refuse(EINVAL, Reason::incomplete,
                    "it has no device and no address yet; write both first");
    if (first.enabled && !first.device)
      return refuse(EINVAL, Reason::incomplete, "it has no device yet; write one to device first");
    if (!serves_something())
      return refuse(EINVAL, Reason::incomplete,
                    "none of its namespaces is enabled; write 1 to enabled of one first");
    return {};
  }

  // What is enabled.
  Result<Export> complete() {
    if (!next.controller.enabled)
      if (auto disks = check_disks(); !disks) return tl::unexpected(disks.error());
    if (next.addresses.empty())
      return refuse(EINVAL, Reason::incomplete,
                    "it has no address yet; write one to address first");
    return std::move(next);
  }
};

bool is_namespace_of(const std::string& path, const std::string& subsystem) {
  return path.starts_with("subsystems/" + subsystem + "/namespaces/");
}

// What the kernel refuses together, or makes something else of.
Result<void> check_controller(const Export& next) {
  if (!next.controller.enabled) return {};
  const auto served = std::find_if(next.spaces.begin(), next.spaces.end(),
                                   [](const auto& space) { return space.second.serves(); });
  if (served != next.spaces.end())
    return refuse(
        EBUSY, Reason::still_enabled,
        "an export serves either disks or a whole controller; write 0 to passthru/enabled "
        "or to namespaces/{}/enabled first",
        served->first);
  if (next.settings.contains("attr_version"))
    return refuse(EINVAL, Reason::bad_value,
                  "hosts are told the NVMe version of the controller that is served whole; leave "
                  "subsystem/version empty, or write 0 to passthru/enabled first");
  const auto clears = next.controller.settings.find("clear_ids");
  const bool loops =
      std::any_of(next.addresses.begin(), next.addresses.end(),
                  [](const auto& address) { return address.trtype == Trtype::loop; });
  // nvmet_passthru_override_id_descs() and its caller in loop.c: this machine would see one disk
  // twice.
  if (loops && clears != next.controller.settings.end() && clears->second == "0")
    return refuse(EINVAL, Reason::bad_value,
                  "over loop the kernel always clears the drive's ids; write 1 to "
                  "passthru/clear_ids, or another address");
  return {};
}

}  // namespace

Result<Export> changed(const Export& now, const Intent& intent) {
  return std::visit(Change{now}, intent).and_then([](Export&& next) -> Result<Export> {
    if (auto checked = check_controller(next); !checked) return tl::unexpected(checked.error());
    return std::move(next);
  });
}

std::vector<Client> who_would_lose(const std::vector<Client>& clients, const Plan& plan,
                                   const Target& observed, const std::string& subsystem,
                                   const Hosts& hosts) {
  bool everyone = false;
  std::vector<TransportAddress> closed;
  for (const Step& step : plan) {
    everyone =
        everyone ||
        (is_namespace_of(step.path, subsystem) &&
         (step.verb == Verb::remove_item || (step.verb == Verb::set_attribute &&
                                             step.path.ends_with("/enable") && step.value == "0")));
    // Ends every connection of the subsystem since 6.11, whatever is written.
    everyone = everyone || (step.verb == Verb::set_attribute &&
                            step.path == "subsystems/" + subsystem + "/attr_qid_max");
    if (step.verb != Verb::remove_link) continue;
    for (const auto& [id, port] : observed.ports)
      if (const auto link = port.subsystems.find(subsystem);
          link != port.subsystems.end() &&
          step.path == "ports/" + id + "/subsystems/" + link->second)
        if (const auto address = address_of(port)) closed.push_back(*address);
  }

  std::vector<Client> losers;
  std::copy_if(
      clients.begin(), clients.end(), std::back_inserter(losers), [&](const Client& client) {
        const bool unwelcome =
            !hosts.any && std::none_of(hosts.list.begin(), hosts.list.end(), [&](const Nqn& nqn) {
              return nqn.str() == client.host_nqn;
            });
        return everyone || unwelcome || contains(closed, client.address);
      });
  return losers;
}

namespace {

// Of "subsystems/toto/namespaces/2/enable"; nullptr: it has none.
const DevicePath* device_of(const Export& wanted, std::string_view path) {
  for (const auto& [nsid, space] : wanted.spaces)
    if (space.device &&
        path == fmt::format("subsystems/{}/namespaces/{}/enable", wanted.name.str(), nsid))
      return &*space.device;
  return nullptr;
}

}  // namespace

std::string in_words(const Plan& to_do) {
  constexpr std::size_t enough = 3;
  // What comes before a step, and is no difference of its own.
  Plan plan = to_do;
  std::erase_if(plan, [](const Step& step) { return step.verb == Verb::protect; });
  std::string words;
  for (std::size_t i = 0; i < std::min(plan.size(), enough); ++i) {
    const Step& step = plan[i];
    if (!words.empty()) words += "; ";
    words += printable(step.path);
    switch (step.verb) {
      case Verb::make_item:
      case Verb::make_link:
        words += " is missing";
        break;
      case Verb::remove_item:
      case Verb::remove_link:
        words += " should not be there";
        break;
      case Verb::set_attribute:
        words += step.value == nul     ? " should be empty"
                 : step.secret.empty() ? " should be " + printable(step.value)
                                       : " should be another";
        break;
      case Verb::protect:
        break;
    }
  }
  if (plan.size() > enough) words += fmt::format("; and {} more", plan.size() - enough);
  return words;
}

Error explained(const Error& refusal, const Step& step, const Target& observed,
                const Export& wanted, std::string_view root) {
  Error error = refusal;
  error.message = fmt::format("the kernel refused '{}' ({})", printable(shell_command(step, root)),
                              strerror(refusal.errnum));
  const bool opens = step.verb == Verb::set_attribute && step.path.ends_with("/enable");
  const bool listens = step.verb == Verb::make_link && step.path.starts_with("ports/");
  if (listens) {
    const std::string id = step.path.substr(6, step.path.find('/', 6) - 6);
    const auto port = observed.ports.find(id);
    const auto address = port != observed.ports.end() ? address_of(port->second) : std::nullopt;
    const std::string where = address ? address->uri() : "port " + id;
    switch (refusal.errnum) {
      case EADDRINUSE:
        error.reason = Reason::address_in_use;
        error.message += fmt::format(
            ": something else listens on {} or on all addresses with that "
            "service; stop it, or take another service",
            where);
        break;
      case EADDRNOTAVAIL:
        error.reason = Reason::address_not_local;
        error.message += fmt::format(
            ": {} is no address of this machine now, or clashes with "
            "another port of the same service",
            where);
        break;
      case ENODEV:
        error.reason = Reason::no_rdma_device;
        error.message += fmt::format(": no RDMA device answers for {}; tcp needs none", where);
        break;
      case ENXIO:
        error.reason = Reason::address_not_local;
        error.message += fmt::format(
            ": no FC port of this machine with the names in {} serves NVMe; an adapter does so "
            "when its driver was loaded for it",
            where);
        break;
      case EALREADY:
        error.reason = Reason::address_in_use;
        error.message += fmt::format(
            ": the FC port {} is that of another port of nvmet, made by something else; remove "
            "that one",
            where);
        break;
      case EACCES:
        error.message +=
            fmt::format(": a service below 1024, as in {}, needs CAP_NET_BIND_SERVICE", where);
        break;
      default:
        break;
    }
  } else if (const DevicePath* const device = opens ? device_of(wanted, step.path) : nullptr) {
    const std::string path = printable(device->path());
    switch (refusal.errnum) {
      case EINVAL:
        error.message += fmt::format(
            ": {} cannot be read past the page cache; write 1 to buffered_io of its namespace, "
            "or put it on a disk's file system",
            path);
        break;
      case EACCES:
        error.message += fmt::format(": {} is read-only", path);
        break;
      case ENOENT:
        error.reason = Reason::device_missing;
        error.message += fmt::format(": {} is gone", path);
        break;
      default:
        break;
    }
  } else if (opens && step.path.ends_with("/passthru/enable") && wanted.controller.device) {
    const std::string path = printable(wanted.controller.device->path());
    if (refusal.errnum == EINVAL)
      error.message += fmt::format(
          ": {} is no NVMe controller any more, or another subsystem has it already", path);
    if (refusal.errnum == ENOENT) {
      error.reason = Reason::device_missing;
      error.message += fmt::format(": {} is gone", path);
    }
  }
  return error;
}

}  // namespace nvmeofs
