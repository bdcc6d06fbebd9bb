// How the kernel reads what is written to an attribute.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "sim/syscall.h"

namespace nvmeofs::sim {

// Up to the first newline.
std::string_view first_line(std::string_view written);

// kstrtobool: one character decides, two for `on` and `off`; the rest is not looked at. EINVAL.
Syscall<bool> to_bool(std::string_view written);

// kstrtou16, kstrtou32 with base 0: 0x1144, 010, +1 and one newline; no blanks. EINVAL, ERANGE.
Syscall<std::uint32_t> to_unsigned(std::string_view written, std::uint32_t max);

// sscanf %hu: decimal digits and whatever comes after them, modulo 65536. EINVAL.
Syscall<std::uint16_t> to_wrapped(std::string_view written);

// kstrtoint with base 0. EINVAL, ERANGE.
Syscall<int> to_int(std::string_view written);

// sscanf %s: leading blanks skipped, stops at the next. May be empty.
std::string_view to_word(std::string_view written);

// strim: without the blanks at both ends.
std::string_view to_trimmed(std::string_view written);

// sysfs_streq against each name: exact but for one newline. EINVAL.
Syscall<std::string> to_name(std::string_view written,
                             std::initializer_list<std::string_view> names);

// 1 to `max` characters of printable ASCII up to the first newline. EINVAL.
Syscall<std::string> to_printable(std::string_view written, std::size_t max);

}  // namespace nvmeofs::sim
