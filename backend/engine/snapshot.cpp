#include "nvmeofs/snapshot.h"

#include "nvmeofs/entries.h"

namespace nvmeofs {

const ExportView* Snapshot::find(std::uint64_t serial) const {
  return with_serial(exports, names, serial);
}

const PortView* PortsSnapshot::find(std::uint64_t serial) const {
  return with_serial(views, names, serial);
}

const HostView* HostsSnapshot::find(std::uint64_t serial) const {
  return with_serial(views, names, serial);
}

std::optional<Secret> HostView::value(const HostSetting& setting) const {
  const auto set = nvmeofs::value(settings, setting);
  return set ? set : nvmeofs::value(kernel, setting);
}

std::optional<std::string> PortView::value(const PortSetting& setting) const {
  if (const auto set = wanted.settings.find(std::string(setting.name));
      set != wanted.settings.end())
    return set->second;
  const auto now = attributes.find(std::string(setting.attribute));
  return now != attributes.end() ? std::optional(now->second) : std::nullopt;
}

AnaState PortView::ana_state(AnaGroup group) const {
  const auto used = ana_groups.find(group);
  return used != ana_groups.end() ? used->second : AnaState::optimized;
}

std::string_view to_string(State state) {
  switch (state) {
    case State::disabled:
      return "disabled";
    case State::enabled:
      return "enabled";
    case State::waiting:
      return "waiting";
    case State::drifted:
      return "drifted";
    case State::failed:
      return "failed";
    case State::foreign:
      return "foreign";
  }
  return "failed";
}

std::string_view to_string(AddressState state) {
  switch (state) {
    case AddressState::listening:
      return "listening";
    case AddressState::waiting:
      return "waiting";
    case AddressState::gone:
      return "gone";
  }
  return "gone";
}

}  // namespace nvmeofs
