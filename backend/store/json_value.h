// What the writers of kept files share: values as JSON, in the order in which a person reads them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace nvmeofs {

using OrderedJson = nlohmann::ordered_json;

inline bool is_utf8(const std::string& text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; })) return true;
  try {
    (void)OrderedJson(text).dump();
    return true;
  } catch (const OrderedJson::type_error&) {
    return false;
  }
}

inline OrderedJson text_json(const std::string& text) {
  if (is_utf8(text)) return text;
  std::string hex;
  for (const char c : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  OrderedJson bytes = OrderedJson::object();
  bytes["bytes"] = std::move(hex);
  return bytes;
}

template <class Texts>
OrderedJson list_json(const Texts& texts) {
  OrderedJson list = OrderedJson::array();
  for (const auto& text : texts) list.push_back(text_json(text));
  return list;
}

// Appends to `json` those keys of `unknown` that it lacks.
inline void add_unknown(OrderedJson& json, const OrderedJson& unknown) {
  for (const auto& [key, value] : unknown.items())
    if (!json.contains(key)) json[key] = value;
}

inline OrderedJson parsed_object(const std::string& text) {
  return text.empty() ? OrderedJson::object() : OrderedJson::parse(text);
}

inline std::string canonical(const OrderedJson& json) {
  return nlohmann::json(json).dump();
}

}  // namespace nvmeofs
