#include "engine/restore.h"

#include <algorithm>
#include <set>

#include "nvmeofs/host_setting.h"
#include "nvmeofs/mapping.h"
#include "nvmeofs/port_setting.h"
#include "nvmeofs/subsystem_setting.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

constexpr const char* no_uuid = "00000000-0000-0000-0000-000000000000";

// nvmetcli saves the firmware that a kernel gives to what is new: its own version. On another
// kernel it says nothing of this one.
bool is_version_of_a_kernel(const std::string& firmware) {
  const auto digits = firmware.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string::npos && firmware[digits] == '.';
}

class Planning {
 public:
  Planning(const TargetConfig& config, const Snapshot& snapshot, const KernelAttributes& fresh)
      : config_(config), snapshot_(snapshot), fresh_(fresh) {
    restore_.left_out = config.left_out;
  }

  // Down first, so that what is freed can be used again, also by two that exchange it; hosts and
  // ports before what they are needed for.
  Restore plan() {
    for (const auto& [name, view] : snapshot_.exports)
      if (!is_named(name)) leave(view);
    for (const auto& subsystem : config_.subsystems) examine(subsystem);
    for (auto& subsystem : changed_) give_up(subsystem);
    for (const auto& [nqn, host] : config_.hosts) restore_host(nqn, host);
    for (auto& subsystem : changed_) draft(subsystem);
    for (const auto& subsystem : made_) make(subsystem);
    for (const auto& [address, port] : config_.ports) restore_port(address, port);
    for (auto& subsystem : changed_) {
      if (!subsystem.foreign && subsystem.next.enabled && subsystem.now == disabled(subsystem.next))
        enable(subsystem.next);
      else if (subsystem.foreign || subsystem.now != subsystem.next)
        take(subsystem, subsystem.next);
    }
    for (const auto& next : made_)
      if (next.enabled) enable(next);
    return std::move(restore_);
  }

 private:
  struct Changed {
    Export now;  // after the steps that are planned already
    Export next;
    bool foreign = false;  // now
  };

  bool is_named(const std::string& name) const {
    return std::any_of(config_.subsystems.begin(), config_.subsystems.end(),
                       [&](const auto& subsystem) { return subsystem.nqn.str() == name; });
  }

  void leave_out(const std::string& place, std::string_view why) {
    restore_.left_out.push_back(fmt::format("{}: {}", place, why));
  }

  static Export disabled(Export wanted) {
    wanted.enabled = false;
    return wanted;
  }

  void add(About about, const std::string& name, std::string file, Intent intent,
           std::optional<Intent> undo) {
    restore_.steps.push_back({about, name, std::move(file), std::move(intent), std::move(undo)});
  }

  void take(const Export& from, const Export& to, bool foreign = false) {
    add(About::an_export, to.name.str(), "config.json", TakeExport{to},
        TakeExport{.next = from, .force = true});
    restore_.steps.back().was_foreign = foreign;
  }
  void take(Changed& subsystem, Export to) {
    take(subsystem.now, to, std::exchange(subsystem.foreign, false));
    subsystem.now = std::move(to);
  }

  // As it is by then: with another disk it may have got another UUID.
  void enable(const Export& next) {
    add(About::an_export, next.name.str(), "enabled", SetEnabled{.on = true},
        SetEnabled{.on = false, .force = true});
  }

  void leave(const ExportView& view) {
    const Export& wanted = view.wanted;
    if (view.foreign)
      return leave_out("exports/" + printable(wanted.name.str()),
                       "something else made it, and it stays as it is");
    if (wanted.enabled) take(wanted, disabled(wanted));
  }

  void examine(const ServedSubsystem& subsystem) {
    const auto found = snapshot_.exports.find(subsystem.nqn.str());
    if (found == snapshot_.exports.end()) {
      made_.push_back(next_of(subsystem, Export{.name = subsystem.nqn}));
      return;
    }
    const ExportView& view = found->second;
    Export now = as_served(view);
    Export next = next_of(subsystem, now);
    const bool same = next == now;
    if (same && !view.foreign) return;
    if (same && !next.enabled)
      return leave_out(subsystem.place, "something else made it, and it stays as it is");
    changed_.push_back({std::move(now), std::move(next), view.foreign});
  }

  // What something else serves has served: what its hosts have put on the disk is no reason not to
  // give it back.
  static Export as_served(const ExportView& view) {
    Export now = view.wanted;
    if (!view.foreign) return now;
    for (auto& [nsid, space] : now.spaces) space.has_served = space.enabled;
    now.controller.has_served = now.controller.enabled;
    return now;
  }

  // What is to have another disk or another identity is down before any other may take those that
  // it has. No host loses by that: it could not have either changed under it.
  void give_up(Changed& subsystem) {
    const Export& now = subsystem.now;
    const Export& next = subsystem.next;
    Export down = disabled(now);
    bool gives_up = false;
    const auto leave_to_others = [&](std::string& own, const std::string& wanted,
                                     const std::string& meanwhile) {
      if (own == wanted) return;
      gives_up = true;
      own = meanwhile;
    };
    leave_to_others(down.identity.serial, next.identity.serial,
                    fmt::format("in exchange {}", ++exchanged_));
    for (auto& [nsid, space] : down.spaces) {
      const Space& wanted = next.spaces.at(nsid);
      leave_to_others(space.uuid, wanted.uuid, no_uuid);
      leave_to_others(space.nguid, wanted.nguid, no_uuid);
      const bool held = now.enabled && space.serves();
      if (held && !(wanted.enabled && next.enabled && is_same(space.device, wanted.device)))
        gives_up = true;
    }
    const ServedController& controller = now.controller;
    if (now.enabled && controller.enabled &&
        !(next.enabled && next.controller.enabled &&
          is_same(controller.device, next.controller.device)))
      gives_up = true;
    if (gives_up) take(subsystem, std::move(down));
  }

  // What is down names its addresses and hosts before they are set, and comes up after it.
  void draft(Changed& subsystem) {
    if (!subsystem.now.enabled && !subsystem.foreign && subsystem.next.enabled)
      take(subsystem, disabled(subsystem.next));
  }

  void make(const Export& next) {
    add(About::an_export, next.name.str(), "", MakeExport{}, RemoveExport{});
    // rmdir takes back all of it.
    add(About::an_export, next.name.str(), "config.json", TakeExport{disabled(next)}, std::nullopt);
  }

  Export next_of(const ServedSubsystem& subsystem, const Export& now) {
    Export next = now;
    for (const auto& [attribute, text] : subsystem.attributes) {
      if (attribute == "attr_serial") {
        next.identity.serial = text;
      } else if (attribute == "attr_model") {
        next.identity.model = text;
      } else {
        const bool own = attribute == "attr_firmware" && is_version_of_a_kernel(text);
        set(next.settings, fresh_.subsystem, attribute, text, own, subsystem.place);
      }
    }
    next.hosts = subsystem.hosts;
    next.enabled = !subsystem.addresses.empty();
    const auto& addresses = subsystem.addresses;
    const bool same = next.addresses.size() == addresses.size() &&
                      std::all_of(addresses.begin(), addresses.end(), [&](const auto& address) {
                        return contains(next.addresses, address);
                      });
    if (next.enabled && !same) next.addresses = addresses;
    // One that does not stand there is as if it were disabled, as it is not in the kernel then.
    for (auto& [nsid, space] : next.spaces)
      if (!subsystem.spaces.contains(nsid)) space.enabled = false;
    for (const auto& [nsid, space] : subsystem.spaces)
      restore_space(subsystem, space, next.spaces[nsid]);
    restore_controller(subsystem, now, next);
    return next;
  }

  // nvmetcli keeps whether it is enabled in no file: it is where nothing else is to be served.
  void restore_controller(const ServedSubsystem& subsystem, const Export& now, Export& next) {
    const SavedController& from = subsystem.controller;
    ServedController& to = next.controller;
    if (from.device && fresh_.passthru.empty())
      return leave_out(subsystem.place, "this kernel serves no whole controllers");
    if (!from.device) {
      to.enabled = false;
      return;
    }
    const bool same = is_same(to.device, from.device);
    if (!same) {
      to.device = from.device;
      know_drive(to);
    }
    const bool alone = std::none_of(next.spaces.begin(), next.spaces.end(),
                                    [](const auto& space) { return space.second.serves(); });
    to.enabled = alone && (next.enabled || !same || to.enabled);
    for (const auto& [name, text] : from.settings)
      set(to.settings, fresh_.passthru, name, text, false, subsystem.place);
    if (!to.enabled) return;
    // What stands in the document is that of the drive.
    next.settings.erase("attr_version");
    // A namespace without a device is not served either way.
    if (!next.first().device) next.first().enabled = now.first().enabled;
  }

  void restore_space(const ServedSubsystem& subsystem, const ServedSpace& from, Space& to) {
    if (!is_same(to.device, from.device)) {
      to.device = from.device;
      know_disk(to);
    }
    if (!from.uuid.empty()) to.uuid = from.uuid;
    if (!from.nguid.empty()) to.nguid = from.nguid;
    to.enabled = from.enabled;
    to.ana_group = from.ana_group;
    for (const auto& [name, text] : from.settings)
      set(to.settings, fresh_.space, name, text, false, subsystem.place);
  }

  static bool is_same(const std::optional<DevicePath>& one,
                      const std::optional<DevicePath>& other) {
    return one && other ? one->path() == other->path() : one == other;
  }

  // As the export knows it that has it now.
  void know_disk(Space& space) const {
    space.disk = {};
    space.has_served = false;
    for (const auto& [name, view] : snapshot_.exports)
      for (const auto& [nsid, other] : view.wanted.spaces)
        if (!view.foreign && other.has_served && is_same(other.device, space.device)) {
          space.disk = other.disk;
          space.has_served = true;
        }
  }

  void know_drive(ServedController& controller) const {
    controller.drive = {};
    controller.has_served = false;
    for (const auto& [name, view] : snapshot_.exports) {
      const ServedController& other = view.wanted.controller;
      if (view.foreign || !other.has_served || !is_same(other.device, controller.device)) continue;
      controller.drive = other.drive;
      controller.has_served = true;
    }
  }

  // What the kernel has by itself stays its own.
  void set(Attributes& settings, const Attributes& fresh, const std::string& name,
           const std::string& text, bool of_another_kernel, const std::string& place) {
    const auto own = fresh.find(name);
    if (own == fresh.end()) return leave_out(place, fmt::format("this kernel has no {}", name));
    const auto now = settings.find(name);
    if (text == (now != settings.end() ? now->second : own->second)) return;
    if (text == own->second) {
      settings.erase(now);
    } else if (of_another_kernel) {
      leave_out(place, fmt::format("{} {} is another kernel's own, and is left to this one", name,
                                   printable(text)));
    } else {
      settings.insert_or_assign(name, text);
    }
  }

  void restore_host(const std::string& nqn, const ServedHost& host) {
    if (host.settings == Host{}) return;
    if (!fresh_.host.contains("dhchap_key"))
      return leave_out(host.place, "this kernel has no authentication");
    const auto found = snapshot_.hosts.views.find(nqn);
    const bool is_there = found != snapshot_.hosts.views.end();
    const Host now = is_there ? found->second.settings : Host{};
    bool made = is_there;
    for (const auto& setting : host_settings) {
      const auto wanted = value(host.settings, setting);
      if (!wanted) continue;
      const Secret before =
          value(now, setting)
              .value_or(Secret(setting.secret ? "" : std::string(setting.when_made)));
      if (*wanted == before) continue;
      if (!made) add(About::a_host, nqn, "", MakeHost{}, RemoveHost{});
      made = true;
      const std::string name(setting.name);
      add(About::a_host, nqn, name, SetHostSetting{name, *wanted},
          SetHostSetting{name, value(now, setting).value_or(Secret())});
    }
  }

  void restore_port(const TransportAddress& address, const ServedPort& port) {
    const auto found = snapshot_.ports.views.find(address.name());
    const PortView now = found != snapshot_.ports.views.end() ? found->second : PortView{};
    for (const auto& setting : port_settings) {
      const std::string name(setting.name);
      const auto given = port.settings.find(name);
      if (given == port.settings.end()) continue;
      const std::string own(when_made(setting, address.trtype));
      // What something else has given its port has to be written here to be kept.
      const bool kept = given->second == own || now.wanted.settings.contains(name);
      if (kept && given->second == now.value(setting).value_or(own)) continue;
      if (!fresh_.port.contains(std::string(setting.attribute))) {
        leave_out(port.place, fmt::format("this kernel has no {}", name));
        continue;
      }
      const auto set = now.wanted.settings.find(name);
      std::optional<std::string> before;
      if (set != now.wanted.settings.end()) before = set->second;
      std::optional<std::string> wanted;
      if (given->second != own) wanted = given->second;
      add(About::a_port, address.name(), name, SetPortSetting{name, wanted},
          SetPortSetting{name, before});
    }
    restore_groups(address, port, now);
    for (const auto& [name, referral] : now.wanted.referrals)
      if (referral.enabled && !port.referrals.contains(name))
        add(About::a_port, address.name(), "referrals/" + name, SetReferralEnabled{name, false},
            SetReferralEnabled{name, true});
    for (const auto& [name, referral] : port.referrals)
      restore_referral(address, name, referral, now.wanted.referrals);
  }

  void restore_referral(const TransportAddress& address, const std::string& name,
                        const Referral& wanted, const Referrals& present) {
    const auto found = present.find(name);
    const bool is_there = found != present.end();
    const Referral now = is_there ? found->second : Referral{};
    const auto change = [&](Intent intent, std::optional<Intent> undo) {
      add(About::a_port, address.name(), "referrals/" + name, std::move(intent), std::move(undo));
    };
    if (!is_there) change(MakeReferral{name}, RemoveReferral{name});
    if (wanted.address != now.address)
      change(SetReferralAddress{name, wanted.address}, SetReferralAddress{name, now.address});
    if (wanted.enabled != now.enabled)
      change(SetReferralEnabled{name, wanted.enabled}, SetReferralEnabled{name, now.enabled});
  }

  void restore_groups(const TransportAddress& address, const ServedPort& port,
                      const PortView& now) {
    std::set<AnaGroup> groups;
    for (const auto* states : {&port.ana_states, &now.ana_groups})
      for (const auto& [group, state] : *states) groups.insert(group);
    for (const AnaGroup group : groups) {
      const auto found = port.ana_states.find(group);
      const AnaState wanted = found != port.ana_states.end() ? found->second : AnaState::optimized;
      const AnaState before = now.ana_state(group);
      if (wanted != before)
        add(About::a_port, address.name(), fmt::format("ana_groups/{}", group),
            SetAnaState{group, wanted}, SetAnaState{group, before});
    }
  }

  const TargetConfig& config_;
  const Snapshot& snapshot_;
  const KernelAttributes& fresh_;
  std::vector<Changed> changed_;
  std::vector<Export> made_;
  std::size_t exchanged_ = 0;
  Restore restore_;
};

}  // namespace

Restore plan_restore(const TargetConfig& config, const Snapshot& snapshot,
                     const KernelAttributes& fresh) {
  return Planning(config, snapshot, fresh).plan();
}

BeforeRestore before_restore(const Restore& restore, const Snapshot& snapshot,
                             const StoredState& stored) {
  BeforeRestore before{.ports = stored.ports, .hosts = stored.hosts};
  for (const auto& step : restore.steps) {
    if (step.about != About::an_export || before.touches(step.name)) continue;
    const auto found = snapshot.exports.find(step.name);
    if (found == snapshot.exports.end()) {
      before.made.insert(step.name);
    } else if (found->second.foreign) {
      StoredExport& kept = before.foreign
                               .emplace(step.name, StoredExport{.wanted = found->second.wanted,
                                                                .made = found->second.made})
                               .first->second;
      for (auto& [nsid, space] : kept.wanted.spaces)
        for (auto* const text : {&space.uuid, &space.nguid})
          if (text->empty()) *text = no_uuid;
    } else {
      before.exports.emplace(step.name, stored.exports.at(step.name));
    }
  }
  return before;
}

StoredState taken_back(const StoredState& state) {
  StoredState before = state;
  if (!state.restoring) return before;
  for (const auto& name : state.restoring->made) before.exports.erase(name);
  for (const auto& [name, stored] : state.restoring->foreign) before.exports.erase(name);
  for (const auto& [name, stored] : state.restoring->exports)
    before.exports.insert_or_assign(name, stored);
  before.ports = state.restoring->ports;
  before.hosts = state.restoring->hosts;
  before.restoring.reset();
  return before;
}

Target target_to_save(const Snapshot& snapshot) {
  Target target = snapshot.observed;
  for (const auto& [name, view] : snapshot.exports)
    if (!view.foreign && view.wanted.enabled && (!view.waiting.empty() || view.absent != Absent{}))
      target = with_export(target, view.wanted, snapshot.ours);
  return target;
}

}  // namespace nvmeofs
