#include "engine/states.h"

#include "nvmeofs/mapping.h"

namespace nvmeofs {

State state_of(const ExportView& view, const Target& observed, bool differs) {
  if (!view.failed.empty()) return State::failed;
  if (view.foreign) return State::foreign;
  // Nothing of it is in the kernel before its disk and one of its addresses have come; what comes
  // later is told by its line.
  if (!view.waiting.empty() && !observed.subsystems.contains(view.wanted.name.str()))
    return State::waiting;
  if (differs) return State::drifted;
  return view.wanted.enabled ? State::enabled : State::disabled;
}

std::map<std::string, State> states_of(const Snapshot& snapshot) {
  const TargetParts parts(snapshot.observed, snapshot.ours);
  std::map<std::string, State> states;
  for (const auto& [name, view] : snapshot.exports) {
    const bool differs =
        !view.foreign &&
        !plan_to(parts.of(view.wanted), view.wanted, snapshot.ours, view.absent).empty();
    states.emplace(name, state_of(view, snapshot.observed, differs));
  }
  return states;
}

}  // namespace nvmeofs
