#include "model/json_syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "nvmeofs/text.h"

namespace nvmeofs {

namespace {

std::string at_line(std::string_view text, std::size_t position, std::string_view what) {
  const auto before = text.substr(0, std::min(position, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto newline = before.rfind('\n');
  const auto column = before.size() - (newline == std::string_view::npos ? 0 : newline + 1);
  return fmt::format("line {}, column {}: {}", line, column, what);
}

// What nlohmann says, without "[json.exception.…] parse error at line 3, column 5: ".
std::string_view without_prefix(std::string_view what) {
  if (const auto end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
  if (what.starts_with("parse error"))
    if (const auto end = what.find(": "); end != std::string_view::npos)
      what.remove_prefix(end + 2);
  return what;
}

// The events of nlohmann::json::sax_parse, which recurses nowhere; false ends it.
class Reading {
 public:
  explicit Reading(std::string_view text) : text_(text) {}

  std::optional<std::string> error;

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double value, const std::string& written) {
    // An integer comes here when it is too large for one, and would lose its last digits.
    if (std::isfinite(value) && written.find_first_of(".eE") != std::string::npos) return true;
    error = fmt::format("the number {} is too large", printable(written, 40));
    return false;
  }
  bool string(const std::string&) { return true; }
  bool binary(const std::vector<std::uint8_t>&) { return true; }

  bool start_object(std::size_t) { return deeper(); }
  bool key(const std::string& name) {
    if (keys_.back().insert(name).second) return true;
    error = fmt::format("the key \"{}\" stands twice in one object", printable(name));
    return false;
  }
  bool end_object() { return shallower(); }
  bool start_array(std::size_t) { return deeper(); }
  bool end_array() { return shallower(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& reason) {
    error = at_line(text_, position, printable(without_prefix(reason.what())));
    return false;
  }

 private:
  bool deeper() {
    if (keys_.size() < max_depth) {
      keys_.emplace_back();
      return true;
    }
    error = fmt::format("more than {} objects and lists stand in each other", max_depth);
    return false;
  }
  bool shallower() {
    keys_.pop_back();
    return true;
  }

  std::string_view text_;
  std::vector<std::set<std::string>> keys_;  // of every object and list that is open
};

}  // namespace

std::optional<std::string> syntax_error(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    return at_line(text, nul, "a NUL byte");
  Reading reading(text);
  if (!nlohmann::json::sax_parse(text, &reading) && !reading.error) reading.error = "it is no JSON";
  return std::move(reading.error);
}

}  // namespace nvmeofs
