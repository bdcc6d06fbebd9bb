#include "nvmeofs/ana.h"

#include <cerrno>

#include "model/number.h"

namespace nvmeofs {

std::string_view to_string(AnaState state) {
  switch (state) {
    case AnaState::optimized:
      return "optimized";
    case AnaState::non_optimized:
      return "non-optimized";
    case AnaState::inaccessible:
      return "inaccessible";
    case AnaState::persistent_loss:
      return "persistent-loss";
    case AnaState::change:
      return "change";
  }
  return "optimized";
}

Result<AnaState> parse_ana_state(std::string_view text) {
  for (const AnaState state : ana_states)
    if (text == to_string(state)) return state;
  return refuse(EINVAL, Reason::bad_value,
                "write optimized, non-optimized, inaccessible, persistent-loss or change");
}

Result<AnaGroup> parse_ana_group(std::string_view text) {
  const auto group = decimal(text, last_ana_group);
  if (group && *group >= first_ana_group && text.front() != '0') return *group;
  return refuse(EINVAL, Reason::bad_value, "an ANA group is a number from {} to {}",
                first_ana_group, last_ana_group);
}

}  // namespace nvmeofs
