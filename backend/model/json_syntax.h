// What has to be true of a JSON text before it is worth building values from it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace nvmeofs {

// Nothing when `text` is one JSON value that loses nothing when it is read and written; else where
// and what is wrong. Refused beyond RFC 8259: a key twice in one object (the library keeps one of
// them in silence), more than `max_depth` levels (what writes JSON recurses), numbers that 64 bits
// do not hold, and a NUL byte (the library takes it for the end of the text).
std::optional<std::string> syntax_error(std::string_view text);

constexpr std::size_t max_depth = 64;

}  // namespace nvmeofs
