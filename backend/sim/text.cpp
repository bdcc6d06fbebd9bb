#include "sim/text.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace nvmeofs::sim {
namespace {

constexpr std::string_view blanks = " \t\n\v\f\r";

std::string_view without_newline(std::string_view written) {
  if (written.ends_with('\n')) written.remove_suffix(1);
  return written;
}

}  // namespace

std::string_view first_line(std::string_view written) {
  return written.substr(0, written.find('\n'));
}

Syscall<bool> to_bool(std::string_view written) {
  const auto at = [&](std::size_t i) { return i < written.size() ? written[i] : '\0'; };
  switch (at(0)) {
    case 'y':
    case 'Y':
    case 't':
    case 'T':
    case '1':
      return true;
    case 'n':
    case 'N':
    case 'f':
    case 'F':
    case '0':
      return false;
    case 'o':
    case 'O':
      if (at(1) == 'n' || at(1) == 'N') return true;
      if (at(1) == 'f' || at(1) == 'F') return false;
      return fails(EINVAL);
    default:
      return fails(EINVAL);
  }
}

Syscall<std::uint16_t> to_wrapped(std::string_view written) {
  const bool negative = written.starts_with('-');
  if (negative || written.starts_with('+')) written.remove_prefix(1);
  const auto end =
      std::find_if(written.begin(), written.end(), [](char c) { return c < '0' || c > '9'; });
  if (end == written.begin()) return fails(EINVAL);
  std::uint16_t number = 0;
  for (const char c : std::string_view(written.begin(), end))
    number = static_cast<std::uint16_t>(number * 10 + (c - '0'));
  return negative ? static_cast<std::uint16_t>(-number) : number;
}

Syscall<int> to_int(std::string_view written) {
  const bool negative = written.starts_with('-');
  if (negative) written.remove_prefix(1);
  if (negative && written.starts_with('+')) return fails(EINVAL);
  return to_unsigned(written, negative ? 0x80000000U : 0x7fffffffU).map([&](std::uint32_t number) {
    return static_cast<int>(negative ? -static_cast<std::int64_t>(number) : number);
  });
}

Syscall<std::uint32_t> to_unsigned(std::string_view written, std::uint32_t max) {
  std::string_view digits = without_newline(written);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
  }
  // from_chars into an unsigned takes no sign and no blank, as the kernel's parser.
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    return fails(EINVAL);
  }
  if (error != std::errc{} || value > max) return fails(ERANGE);
  return static_cast<std::uint32_t>(value);
}

std::string_view to_word(std::string_view written) {
  written.remove_prefix(std::min(written.find_first_not_of(blanks), written.size()));
  return written.substr(0, written.find_first_of(blanks));
}

std::string_view to_trimmed(std::string_view written) {
  written.remove_prefix(std::min(written.find_first_not_of(blanks), written.size()));
  return written.substr(0, written.find_last_not_of(blanks) + 1);
}

Syscall<std::string> to_name(std::string_view written,
                             std::initializer_list<std::string_view> names) {
  const auto name = std::ranges::find(names, without_newline(written));
  if (name == names.end()) return fails(EINVAL);
  return std::string(*name);
}

Syscall<std::string> to_printable(std::string_view written, std::size_t max) {
  const std::string_view text = first_line(written);
  if (text.empty() || text.size() > max) return fails(EINVAL);
  const auto printable = [](char c) { return c >= 0x20 && c <= 0x7e; };
  if (!std::ranges::all_of(text, printable)) return fails(EINVAL);
  return std::string(text);
}

}  // namespace nvmeofs::sim
