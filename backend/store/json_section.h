// What the readers of kept files share: the checks of what stands at the top, and their entries.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/json_section.h"
#include "nvmeofs/address.h"
#include "store/checksum.h"
#include "store/state_keys.h"
#include "store/utc_time.h"

namespace nvmeofs {

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
    if (contains(addresses, address))
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

// EINVAL, Reason::state_unreadable.
template <class Read, class FitToShow>
auto read_json(std::string_view text, Read read, FitToShow fit_to_show)
    -> Result<decltype(read(nlohmann::json()))> {
  return read_json(text, Reason::state_unreadable, read, fit_to_show);
}

// The mark, the version and the checksum are right; its generation.
inline std::uint64_t check_top(const Section& file, const nlohmann::json& json,
                               std::string_view mark, unsigned newest, std::string_view what) {
  check_version(file, mark, newest, what);
  check_checksum(file, json);
  return generation_of(file);
}

}  // namespace nvmeofs
