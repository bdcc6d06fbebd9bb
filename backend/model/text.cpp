#include "nvmeofs/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace nvmeofs {

namespace {

// Length of the well-formed UTF-8 sequence that `text` begins with; 0 when there is none. Table 3-7
// of the Unicode standard, without the C1 controls, which terminals obey too.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  if ((lead == 0xc2 && at(1) < 0xa0) || (lead == 0xe0 && at(1) < 0xa0) ||
      (lead == 0xed && at(1) >= 0xa0) || (lead == 0xf0 && at(1) < 0x90) ||
      (lead == 0xf4 && at(1) >= 0x90))
    return 0;
  return length;
}

bool needs_no_quotes(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_./:%@+=,-").find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  while (!text.empty()) {
    std::string piece;
    std::size_t taken = 1;
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte == '\\')
      piece = "\\\\";
    else if (byte >= 0x20 && byte < 0x7f)
      piece = text.front();
    else if (const auto length = utf8_length(text); length != 0) {
      piece = text.substr(0, length);
      taken = length;
    } else
      piece = fmt::format("\\x{:02x}", byte);
    if (result.size() + piece.size() > limit) return result + "…";
    result += piece;
    text.remove_prefix(taken);
  }
  return result;
}

std::string as_utf8(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = byte < 0x80 ? 1 : utf8_length(text);
    result += length != 0 ? std::string(text.substr(0, length)) : fmt::format("\\x{:02x}", byte);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::string_view value_of(std::string_view text, char separator, std::string_view key) {
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    const auto part = text.substr(0, end);
    if (part.size() > key.size() && part.starts_with(key) && part[key.size()] == '=')
      return part.substr(key.size() + 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

std::string shell_word(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), needs_no_quotes))
    return std::string(word);
  const bool control =
      std::any_of(word.begin(), word.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  std::string result = control ? "$'" : "'";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (control && (byte < 0x20 || byte == 0x7f))
      result += fmt::format("\\x{:02x}", byte);
    else if (control && (c == '\'' || c == '\\'))
      result += fmt::format("\\{}", c);
    else if (c == '\'')
      result += "'\\''";
    else
      result += c;
  }
  return result + "'";
}

}  // namespace nvmeofs
