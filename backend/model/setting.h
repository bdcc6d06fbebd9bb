// What the tables of settings share.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

#include "model/number.h"
#include "nvmeofs/export.h"

namespace nvmeofs {

// The row of the table that has the text there; nullptr: there is none.
template <class Rows, class Row>
const Row* find_row(const Rows& rows, std::string_view Row::*where, std::string_view text) {
  const auto* const found = std::ranges::find(rows, text, where);
  return found != rows.end() ? &*found : nullptr;
}

// In digits and nothing else, without the zeros before it. `note`: what is said beside the limits.
inline Result<std::string> check_number(std::string_view text, unsigned from, unsigned to,
                                        std::string_view note = "") {
  const auto number = decimal(text, to);
  if (number && *number >= from) return std::to_string(*number);
  return refuse(EINVAL, Reason::bad_value, "write a number from {} to {}{}", from, to, note);
}

// 1 or 0, of what the kernel takes for them.
inline Result<std::string> check_bool(std::string_view text) {
  return parse_bool(text).map([](bool on) { return std::string(on ? "1" : "0"); });
}

}  // namespace nvmeofs
