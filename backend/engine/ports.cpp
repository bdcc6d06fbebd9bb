#include <algorithm>
#include <cerrno>

#include "engine/applier.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

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
  for (const auto& [name, entry] : entries_)
    for (const auto& address : entry.view.wanted.addresses)
      seen.try_emplace(address.name(), PortView{.address = address});
  for (auto& [name, view] : seen)
    if (const auto set = ours_.settings.find(view.address); set != ours_.settings.end())
      view.settings = set->second;
  for (const auto& [id, there] : observed_.ports) {
    const auto address = address_of(there);
    const auto found = address ? seen.find(address->name()) : seen.end();
    if (found == seen.end() || !found->second.attributes.empty()) continue;
    found->second.attributes = there.attributes;
    for (const auto& [nqn, link] : there.subsystems) found->second.exports.insert(nqn);
  }
  ports_.follow(std::move(seen));
}

void Applier::change_port(Request& request, const Completion& completion) {
  // First, as it forgets the ports that nobody names any more.
  if (auto seen = look(); !seen) return refuse_request(nullptr, request, completion, seen.error());
  look_for_ports();
  const LivePort* const entry = ports_.with(request.serial);
  if (entry == nullptr)
    return refuse_request(nullptr, request, completion,
                          {ESTALE, Reason::gone, "no export names this address any more"});
  const auto& intent = std::get<SetPortSetting>(*request.intent);
  const PortSetting& setting = *find_port_setting(intent.setting);
  const TransportAddress& address = entry->view.address;
  std::optional<std::string> value;
  if (intent.value) {
    auto checked = check(setting, address.trtype, *intent.value);
    if (!checked) return refuse_request(nullptr, request, completion, checked.error());
    value = std::move(*checked);
  }
  if (value == entry->view.value(setting)) return accept(nullptr, request, completion, "");
  if (auto free = check_port_is_free(entry->view); !free)
    return refuse_request(nullptr, request, completion, free.error());

  StoredState next = stored_;
  PortSettings& settings = next.ports[address];
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
  if (settings.empty()) next.ports.erase(address);
  if (auto saved = save(std::move(next), {}); !saved)
    return refuse_request(nullptr, request, completion, saved.error());
  accept(nullptr, request, completion, "used when the port comes up");
}

// nvmet says EACCES to all of it while the port has a link, also to what stands there already.
Result<void> Applier::check_port_is_free(const PortView& port) const {
  const auto* const there = port_at(observed_, port.address);
  if (there == nullptr) return {};
  if (!ours_.ports.contains(there->first))
    return refuse(EBUSY, Reason::foreign,
                  "something else made the port at this address, ports/{} of the kernel; change it "
                  "with what made it",
                  printable(there->first));
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
  const auto is_named = [&](const TransportAddress& address) {
    return std::any_of(state.exports.begin(), state.exports.end(), [&](const auto& named) {
      return contains(named.second.wanted.addresses, address);
    });
  };
  return std::erase_if(state.ports,
                       [&](const auto& of_port) { return !is_named(of_port.first); }) != 0;
}

}  // namespace nvmeofs
