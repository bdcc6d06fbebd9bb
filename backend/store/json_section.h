// What the readers of kept files share: the pieces of a JSON text, which know their place in it,
// and the checks of what stands at its top.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/error.h"
#include "nvmeofs/text.h"
#include "store/checksum.h"
#include "store/json_syntax.h"
#include "store/state_keys.h"
#include "store/utc_time.h"

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

inline TransportAddress address_of(const std::string& place, const std::string& text) {
  // What is written without a transport depends on an option of the program.
  if (text.find("://") == std::string::npos)
    damaged("{}: '{}' is no transport://host:service", place, printable(text));
  return parsed(place, TransportAddress::parse(text, Trtype::rdma));
}

inline std::vector<TransportAddress> addresses_of(const Section& section) {
  std::vector<TransportAddress> addresses;
  for (const auto& text : section.texts("addresses")) {
    auto address = address_of(section.place("addresses"), text);
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end())
      damaged("{}: {} stands there twice", section.place("addresses"), address.uri());
    addresses.push_back(std::move(address));
  }
  return addresses;
}

inline std::uint64_t generation_of(const Section& file) {
  const auto generation = file.number("generation");
  if (generation > max_generation)
    damaged("{}: {} is too large", file.place("generation"), generation);
  return generation;
}

// Format and version before all else: of another one nothing else is known, the checksum included.
inline void check_version(const Section& file, std::string_view mark, unsigned newest,
                          std::string_view what) {
  if (!file.has("format") || file.at("format") != nlohmann::json(mark))
    damaged("it is no {} of nvmeofs: \"format\" is not \"{}\"", what, mark);
  const auto version = file.number("version");
  if (version == 0) damaged("{}: it is a number from 1 on", file.place("version"));
  if (version > newest)
    damaged("a newer nvmeofs wrote it: version {}, and this program reads {}", version, newest);
}

inline void check_checksum(const Section& file, const nlohmann::json& json) {
  if (!file.has("crc32")) return;
  nlohmann::json rest = json;
  rest.erase("crc32");
  const auto expected = checksum(rest.dump());
  if (file.at("crc32") != nlohmann::json(expected))
    damaged(
        "it is damaged, or was edited: \"crc32\" is not {}. Of an edit that is meant, delete the "
        "line \"crc32\"",
        expected);
}

inline std::chrono::system_clock::time_point made_of(const Section& section) {
  const auto made = parse_utc(section.text("made"));
  if (!made) damaged("{}: it is no time as in 2026-07-01T10:19:12Z", section.place("made"));
  return *made;
}

// The entries of an object at the top, by name. Their keys beyond `known` go into `unknown`, in the
// same places.
template <class Read>
auto entries_of(const Section& file, const std::string& key, std::string_view noun,
                const std::set<std::string_view>& known, nlohmann::json& unknown, Read read) {
  const Section all(file.place(key), file.at(key));
  std::map<std::string, decltype(read(key, all))> entries;
  for (const auto& [name, value] : file.at(key).items()) {
    const Section section(fmt::format("{} {}", noun, printable(name)), value);
    entries.emplace(name, read(name, section));
    if (auto rest = section.unknown(known); !rest.empty()) unknown[key][name] = std::move(rest);
  }
  return entries;
}

// What `read` makes of the text's JSON. EINVAL, Reason::state_unreadable: what is wrong with it.
// `fit_to_show`: makes a sentence of what is wrong with the syntax, which quotes the text.
template <class Read, class FitToShow>
auto read_json(std::string_view text, Read read, FitToShow fit_to_show)
    -> Result<decltype(read(nlohmann::json()))> {
  if (auto error = syntax_error(text))
    return refuse(EINVAL, Reason::state_unreadable, "{}", fit_to_show(*std::move(error)));
  try {
    return read(nlohmann::json::parse(text));
  } catch (const Damage& damage) {
    return refuse(EINVAL, Reason::state_unreadable, "{}", damage.what);
  } catch (const nlohmann::json::exception& exception) {
    return refuse(EINVAL, Reason::state_unreadable, "{}", printable(exception.what()));
  }
}

// The mark, the version and the checksum are right; its generation.
inline std::uint64_t check_top(const Section& file, const nlohmann::json& json,
                               std::string_view mark, unsigned newest, std::string_view what) {
  check_version(file, mark, newest, what);
  check_checksum(file, json);
  return generation_of(file);
}

}  // namespace nvmeofs
