// What tells a damaged state file from a whole one.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "model/crc32.h"

namespace nvmeofs {

// In eight hexadecimal digits. `canonical`: the JSON without blanks, its keys sorted.
inline std::string checksum(std::string_view canonical) {
  return fmt::format("{:08x}", crc32(canonical));
}

}  // namespace nvmeofs
