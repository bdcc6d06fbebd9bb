#include "model/dhchap_secret.h"

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>

#include "model/crc32.h"

namespace nvmeofs {
namespace {

std::optional<std::uint32_t> base64_digit(char c) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = digits.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint32_t>(at);
}

// Strict: padded, and nothing in the bits that do not count.
std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto digit = base64_digit(c);
    if (!digit) return std::nullopt;
    bits = (bits << 6) | *digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>((bits >> count) & 0xff));
    bits &= (1U << count) - 1;
  }
  if (bits != 0 || count != padding * 2) return std::nullopt;
  return bytes;
}

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

Result<void> check_dhchap_secret(std::string_view text) {
  constexpr std::string_view prefix = "DHHC-1:";
  constexpr std::size_t crc_length = 4;
  const auto bad = [](std::string_view why) {
    return refuse(EINVAL, Reason::bad_value,
                  "this is no secret, {}; one is DHHC-1:<hash>:<base64>:, as nvme gen-dhchap-key "
                  "makes it",
                  why);
  };
  if (!text.starts_with(prefix)) return bad("as it does not begin with DHHC-1:");
  text.remove_prefix(prefix.size());
  if (text.size() < 4 || text[0] != '0' || text[1] < '0' || text[1] > '3' || text[2] != ':')
    return bad("as its hash is none of 00, 01, 02 and 03");
  const char hash = text[1];
  text.remove_prefix(3);
  if (!text.ends_with(':')) return bad("as it does not end with a colon");
  text.remove_suffix(1);
  const auto bytes = from_base64(text);
  if (!bytes) return bad("as its key is not base64");
  const std::size_t length = bytes->size() < crc_length ? 0 : bytes->size() - crc_length;
  const bool right = hash == '0'   ? length == 32 || length == 48 || length == 64
                     : hash == '1' ? length == 32
                     : hash == '2' ? length == 48
                                   : length == 64;
  if (!right) return bad("as its key has not the length of its hash");
  const std::string_view key(bytes->data(), length);
  if (crc32(key) != little_endian(std::string_view(*bytes).substr(length)))
    return bad("as its checksum is wrong: a part of it was changed or lost");
  return {};
}

}  // namespace nvmeofs
