#include <algorithm>
#include <cerrno>

#include "engine/applier.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

// What there is of it before anything is written.
constexpr AnaState unless_written = AnaState::optimized;

// The kernel's port at an address; its name too. nullptr: there is none.
const std::pair<const std::string, Port>* port_at(const Target& observed,
                                                  const TransportAddress& address) {
  for (const auto& named : observed.ports)
    if (address_of(named.second) == address) return &named;
  return nullptr;
}

}  // namespace

void Applier::look_for_ports() {
  std::map<std::string, PortView> seen;
  const auto place = [&](const TransportAddress& address) -> PortView& {
    return seen
        .try_emplace(address.name(), PortView{.address = address,
                                              .ana_groups = {{first_ana_group, unless_written}}})
        .first->second;
  };
  // What is set for them has to be there before an export that is served comes to them.
  if (restoring_)
    for (const auto& [address, port] :
         std::get<TakeTarget>(*restoring_->request.intent).config->ports)
      place(address);
  for (const auto& [name, entry] : entries_)
    for (const auto& address : entry.view.wanted.addresses) {
      auto& groups = place(address).ana_groups;
      for (const auto& [nsid, space] : entry.view.wanted.spaces)
        groups.try_emplace(space.ana_group, unless_written);
    }
  for (const auto& [id, there] : observed_.ports) {
    const auto address = address_of(there);
    const auto found = address ? seen.find(address->name()) : seen.end();
    if (found == seen.end() || !found->second.attributes.empty()) continue;
    found->second.attributes = there.attributes;
    for (const auto& [nqn, link] : there.subsystems) found->second.exports.insert(nqn);
    for (const auto& [name, text] : there.ana_groups)
      if (const auto group = parse_ana_group(name))
        found->second.ana_groups[*group] = parse_ana_state(text).value_or(unless_written);
  }
  for (auto& [name, view] : seen) {
    const auto set = ours_.wanted_ports.find(view.address);
    if (set == ours_.wanted_ports.end()) continue;
    view.wanted = set->second;
    for (const auto& [group, state] : set->second.ana_states) view.ana_groups[group] = state;
  }
  look_for_referrals(seen);
  ports_.follow(std::move(seen));
}

// What something else has given its port is kept when it is written here too, and no more when it
// is cleared, which nothing of ours may need.
bool Applier::is_only_kept(const PortView& port, const PortSetting& setting,
                           const std::optional<std::string>& value) const {
  if (check_port_is_ours(port)) return false;
  const auto there = port.attributes.find(std::string(setting.attribute));
  const auto kept = port.wanted.settings.find(std::string(setting.name));
  if (value)
    return there != port.attributes.end() && there->second == *value &&
           (kept == port.wanted.settings.end() || kept->second != *value);
  return kept != port.wanted.settings.end() &&
         std::none_of(entries_.begin(), entries_.end(), [&](const auto& named) {
           const ExportView& view = named.second.view;
           return !view.foreign && view.wanted.enabled &&
                  contains(view.wanted.addresses, port.address);
         });
}

void Applier::change_port(Request& request, const Completion& completion) {
  // First, as it forgets the ports that nobody names any more.
  if (auto seen = look(); !seen) return refuse_request(nullptr, request, completion, seen.error());
  look_for_ports();
  const LivePort* const entry = ports_.with(request.serial);
  if (entry == nullptr)
    return refuse_request(nullptr, request, completion,
                          {ESTALE, Reason::gone, "no export names this address any more"});
  if (const auto* const state = std::get_if<SetAnaState>(&*request.intent))
    return change_ana_state(entry->view, *state, request, completion);
  if (!std::holds_alternative<SetPortSetting>(*request.intent))
    return change_referral(entry->view, request, completion);
  const auto& intent = std::get<SetPortSetting>(*request.intent);
  const PortSetting& setting = *find_port_setting(intent.setting);
  const TransportAddress& address = entry->view.address;
  std::optional<std::string> value;
  if (intent.value) {
    auto checked = check(setting, address.trtype, *intent.value);
    if (!checked) return refuse_request(nullptr, request, completion, checked.error());
    value = std::move(*checked);
  }
  const bool only_kept = is_only_kept(entry->view, setting, value);
  if (!only_kept && value == entry->view.value(setting))
    return accept(nullptr, request, completion, "");
  if (!only_kept)
    if (auto free = check_port_is_free(entry->view); !free)
      return refuse_request(nullptr, request, completion, free.error());

  StoredState next = stored_;
  PortSettings& settings = next.ports[address].settings;
  if (value) {
    settings.insert_or_assign(intent.setting, *value);
  } else {
    settings.erase(intent.setting);
  }
  if (auto together = check_together(settings); !together)
    return refuse_request(nullptr, request, completion, together.error());
  if (setting.name == "tsas" && wants_tls(settings))
    if (auto can = environment_.addresses.check_tls(); !can)
      return refuse_request(nullptr, request, completion, can.error());
  if (next.ports[address].empty()) next.ports.erase(address);
  if (auto saved = save(std::move(next), {}); !saved)
    return refuse_request(nullptr, request, completion, saved.error());
  accept(nullptr, request, completion, "used when the port comes up");
}

// At any time: it is how an admin moves hosts from one path to another. Hosts are told at once.
void Applier::change_ana_state(const PortView& port, const SetAnaState& intent,
                               const Request& request, const Completion& completion) {
  if (auto ours = check_port_is_ours(port); !ours)
    return intent.state == port.ana_state(intent.group)
               ? accept(nullptr, request, completion, "")
               : refuse_request(nullptr, request, completion, ours.error());
  const TransportAddress address = port.address;
  StoredState next = stored_;
  AnaStates& states = next.ports[address].ana_states;
  states.insert_or_assign(intent.group, intent.state);
  if (intent.state == AnaState::optimized) states.erase(intent.group);
  if (next.ports[address].empty()) next.ports.erase(address);

  // On the disk first, as every change.
  const StoredState before = stored_;
  if (next != before)
    if (auto saved = save(std::move(next), {}); !saved)
      return refuse_request(nullptr, request, completion, saved.error());
  if (auto given = give_ana_state(address, intent.group, intent.state); !given) {
    if (stored_ != before)
      if (auto back = save(before, {}); !back)
        given.error().message += "; and it is saved all the same: " + back.error().message;
    return refuse_request(nullptr, request, completion, given.error());
  }
  accept(nullptr, request, completion,
         is_usable(intent.state) ? ""
                                 : "hosts hold their I/O to namespaces of this group until another "
                                   "address is usable, or this one is again");
}

Result<void> Applier::give_ana_state(const TransportAddress& address, AnaGroup group,
                                     AnaState state) {
  const auto* const there = port_at(observed_, address);
  const std::string name = std::to_string(group);
  if (there == nullptr || !there->second.ana_groups.contains(name)) return {};
  Target target = observed_;
  target.ports.at(there->first).ana_groups.at(name) = to_string(state);
  return bring(target);
}

Result<void> Applier::check_port_is_ours(const PortView& port) const {
  const auto* const there = port_at(observed_, port.address);
  if (there == nullptr || ours_.ports.contains(there->first)) return {};
  return refuse(EBUSY, Reason::foreign,
                "something else made the port at this address, ports/{} of the kernel; change it "
                "with what made it",
                printable(there->first));
}

// A port of somebody else's is used as it is, and comes back as it is written here: neither may let
// in hosts without the TLS that the other one asks for.
Result<void> Applier::check_tls_of_ports(const LiveExport& entry, const Export& next) const {
  for (const auto& address : next.addresses) {
    const auto* const there = port_at(observed_, address);
    if (there == nullptr || ours_.ports.contains(there->first)) continue;
    if (!entry.view.foreign && there->second.subsystems.contains(next.name.str())) continue;
    const auto written = ours_.wanted_ports.find(address);
    const PortSettings wanted =
        written != ours_.wanted_ports.end() ? written->second.settings : PortSettings{};
    PortSettings is;
    for (const char* name : {"tsas", "treq"})
      is.emplace(name, attribute(there->second.attributes,
                                 std::string(find_port_setting(name)->attribute)));
    if (wants_tls(wanted) == wants_tls(is) &&
        (!wants_tls(is) || lets_in_without_tls(wanted) == lets_in_without_tls(is)))
      continue;
    return refuse(EBUSY, Reason::foreign,
                  "something else made the port at {}, ports/{} of the kernel, with '{}' in tsas "
                  "and '{}' in treq, which is not what is set here; write the same to tsas and "
                  "treq in ports/{}, or change it with what made it",
                  address.uri(), printable(there->first), printable(is.at("tsas")),
                  printable(is.at("treq")), address.name());
  }
  return {};
}

// nvmet says EACCES to all of it while the port has a link, also to what stands there already.
Result<void> Applier::check_port_is_free(const PortView& port) const {
  if (port_at(observed_, port.address) == nullptr) return {};
  if (auto ours = check_port_is_ours(port); !ours) return ours;
  if (port.exports.empty()) return {};
  constexpr std::size_t enough = 4;
  std::string names;
  std::size_t count = 0;
  for (const auto& name : port.exports)
    if (count++ < enough) names += fmt::format("{}{}", names.empty() ? "" : ", ", printable(name));
  if (count > enough) names += fmt::format(" and {} more", count - enough);
  return refuse(
      EBUSY, Reason::still_enabled,
      "the kernel changes a port only while nothing is served there, and {} {}; write 0 to "
      "enabled first, and 1 after it",
      names, count == 1 ? "is" : "are");
}

bool Applier::forget_ports(StoredState& state) const {
  if (state.restoring) return false;
  const auto is_named = [&](const TransportAddress& address) {
    return std::any_of(state.exports.begin(), state.exports.end(), [&](const auto& named) {
      return contains(named.second.wanted.addresses, address);
    });
  };
  return std::erase_if(state.ports,
                       [&](const auto& of_port) { return !is_named(of_port.first); }) != 0;
}

}  // namespace nvmeofs
