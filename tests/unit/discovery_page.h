// Discovery log pages as a controller sends them, byte by byte.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/discovery_log.h"

namespace nvmeofs {

inline void put(std::string& bytes, std::size_t at, std::string_view text) {
  bytes.replace(at, text.size(), text);
}

inline void put_number(std::string& bytes, std::size_t at, std::size_t size, std::uint64_t value) {
  for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i & 0xff);
}

// Of a subsystem over TCP and IPv4.
inline std::string page_entry(std::string_view subnqn, std::string_view traddr,
                              std::string_view trsvcid = "4420") {
  std::string bytes(discovery_entry_size, '\0');
  put_number(bytes, 0, 1, 3);
  put_number(bytes, 1, 1, 1);
  put_number(bytes, 2, 1, 2);
  put_number(bytes, 4, 2, 1);
  put(bytes, 32, trsvcid.substr(0, 32));
  put(bytes, 256, subnqn.substr(0, 256));
  put(bytes, 512, traddr.substr(0, 256));
  return bytes;
}

inline std::string page_header(std::uint64_t generation, std::uint64_t count,
                               std::uint16_t format = 0) {
  std::string bytes(discovery_header_size, '\0');
  put_number(bytes, 0, 8, generation);
  put_number(bytes, 8, 8, count);
  put_number(bytes, 16, 2, format);
  return bytes;
}

inline std::string page(std::uint64_t generation, const std::vector<std::string>& entries) {
  std::string bytes = page_header(generation, entries.size());
  for (const auto& entry : entries) bytes += entry;
  return bytes;
}

}  // namespace nvmeofs
