// The pieces of a JSON text from outside, which know their place in it: whoever reads one says what
// is wrong, and where.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/json_syntax.h"
#include "nvmeofs/error.h"
#include "nvmeofs/text.h"

namespace nvmeofs {

// What is wrong; thrown and caught by readers only.
struct Damage {
  std::string what;
};

template <class... Args>
[[noreturn]] void damaged(fmt::format_string<Args...> text, Args&&... args) {
  throw Damage{fmt::format(text, std::forward<Args>(args)...)};
}

// The value of what the model parsed, or its sentence with the place before it.
template <class T>
T parsed(const std::string& place, Result<T> result) {
  if (!result) damaged("{}: {}", place, printable(result.error().message));
  return *std::move(result);
}

inline bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

inline std::string bytes_of(const std::string& place, std::string_view hex) {
  if (hex.size() % 2 != 0 || !std::all_of(hex.begin(), hex.end(), is_hex))
    damaged("{}: the bytes are no hexadecimal digits in lower case", place);
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  return bytes;
}

inline std::string text_of(const std::string& place, const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.size() == 1 && value.contains("bytes") &&
      value["bytes"].is_string())
    return bytes_of(place, value["bytes"].get_ref<const std::string&>());
  damaged("{}: it is no text", place);
}

// An object of the file, which knows its place there.
class Section {
 public:
  Section(std::string place, const nlohmann::json& value)
      : place_(std::move(place)), value_(value) {
    if (!value_.is_object()) damaged("{}: it is no object", place_);
  }

  std::string place(std::string_view key) const {
    return fmt::format("{}, \"{}\"", place_, printable(key));
  }
  bool has(std::string_view key) const { return value_.contains(key); }
  const nlohmann::json& at(std::string_view key) const {
    const auto found = value_.find(key);
    if (found == value_.end()) damaged("{}: it is missing", place(key));
    return *found;
  }
  std::string text(std::string_view key) const { return text_of(place(key), at(key)); }
  bool boolean(std::string_view key) const {
    if (!at(key).is_boolean()) damaged("{}: it is true or false", place(key));
    return at(key).get<bool>();
  }
  std::uint64_t number(std::string_view key) const {
    if (!at(key).is_number_unsigned()) damaged("{}: it is a number", place(key));
    return at(key).get<std::uint64_t>();
  }
  std::vector<std::string> texts(std::string_view key) const {
    if (!at(key).is_array()) damaged("{}: it is no list", place(key));
    std::vector<std::string> list;
    for (const auto& value : at(key)) list.push_back(text_of(place(key), value));
    return list;
  }
  nlohmann::json unknown(const std::set<std::string_view>& known) const {
    nlohmann::json rest = nlohmann::json::object();
    for (const auto& [key, value] : value_.items())
      if (!known.contains(key)) rest[key] = value;
    return rest;
  }

 private:
  std::string place_;
  const nlohmann::json& value_;
};

// The library quotes what it read last, up to the error: it may be a secret.
inline std::string without_quotation(std::string error) {
  if (const auto begin = error.find("; last read: "); begin != std::string::npos)
    error.erase(begin);
  return error;
}

// What `read` makes of the text's JSON. EINVAL, `reason`: what is wrong with it.
// `fit_to_show`: makes a sentence of what is wrong with the syntax, which quotes the text.
template <class Read, class FitToShow>
auto read_json(std::string_view text, Reason reason, Read read, FitToShow fit_to_show)
    -> Result<decltype(read(nlohmann::json()))> {
  if (auto error = syntax_error(text))
    return refuse(EINVAL, reason, "{}", fit_to_show(*std::move(error)));
  try {
    return read(nlohmann::json::parse(text));
  } catch (const Damage& damage) {
    return refuse(EINVAL, reason, "{}", damage.what);
  } catch (const nlohmann::json::exception& exception) {
    return refuse(EINVAL, reason, "{}", printable(exception.what()));
  }
}

}  // namespace nvmeofs
