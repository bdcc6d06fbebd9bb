// What tells a damaged state file from a whole one.
#pragma once

#include <boost/crc.hpp>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace nvmeofs {

// CRC-32 as zlib and gzip have it, in eight hexadecimal digits. `canonical`: the JSON without
// blanks, its keys sorted.
inline std::string checksum(std::string_view canonical) {
  boost::crc_32_type crc;
  crc.process_bytes(canonical.data(), canonical.size());
  return fmt::format("{:08x}", crc.checksum());
}

}  // namespace nvmeofs
