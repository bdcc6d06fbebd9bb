// Times in the state file: ISO 8601 in UTC, exact to the nanosecond.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace nvmeofs {

// "2026-07-01T10:19:12Z", "2026-07-01T10:19:12.000000001Z".
std::string utc_text(std::chrono::system_clock::time_point time);

// What utc_text writes, with 1 to 9 digits of a fraction; nothing of anything else, of no such day,
// and outside of the years 1678 to 2261, which are all that 64 bits of nanoseconds hold.
std::optional<std::chrono::system_clock::time_point> parse_utc(std::string_view text);

}  // namespace nvmeofs
