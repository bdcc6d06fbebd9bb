// Asymmetric namespace access: what a host is told of the paths to a namespace. A namespace is in
// one group, and each port has a state for each group.
//
// Source: drivers/nvme/target/configfs.c (nvmet_ana_state_names) and nvmet.h. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "nvmeofs/error.h"

namespace nvmeofs {

// 128 is NVMET_MAX_ANAGRPS, which the kernel takes and stores as 0, a group that no port can have.
using AnaGroup = std::uint32_t;
inline constexpr AnaGroup first_ana_group = 1;
inline constexpr AnaGroup last_ana_group = 127;

enum class AnaState : std::uint8_t {
  optimized,
  non_optimized,
  inaccessible,
  persistent_loss,
  change
};

inline constexpr std::array ana_states{AnaState::optimized, AnaState::non_optimized,
                                       AnaState::inaccessible, AnaState::persistent_loss,
                                       AnaState::change};

// By group; what is not named is optimized, and optimized is not named.
using AnaStates = std::map<AnaGroup, AnaState>;

// As the kernel names them: "non-optimized".
std::string_view to_string(AnaState state);
Result<AnaState> parse_ana_state(std::string_view text);

// A number from 1 to 127, as nothing but its digits.
Result<AnaGroup> parse_ana_group(std::string_view text);

// Whether a host gets at the disk in this state.
constexpr bool is_usable(AnaState state) {
  return state == AnaState::optimized || state == AnaState::non_optimized;
}

}  // namespace nvmeofs
