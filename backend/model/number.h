// Numbers as people write them: digits and nothing else.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace nvmeofs {

// Nothing: it is no number, or larger than `most`.
inline std::optional<unsigned> number_of(std::string_view text, int base, unsigned most) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size() || number > most)
    return std::nullopt;
  return number;
}
inline std::optional<unsigned> decimal(std::string_view text, unsigned most) {
  return number_of(text, 10, most);
}
inline std::optional<unsigned> hexadecimal(std::string_view text, unsigned most) {
  return number_of(text, 16, most);
}

}  // namespace nvmeofs
