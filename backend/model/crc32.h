// CRC-32 as zlib, gzip and the secrets of DH-HMAC-CHAP have it.
#pragma once

#include <boost/crc.hpp>
#include <cstdint>
#include <string_view>

namespace nvmeofs {

inline std::uint32_t crc32(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

}  // namespace nvmeofs
