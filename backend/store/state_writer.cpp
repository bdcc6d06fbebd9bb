#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "store/checksum.h"
#include "store/state_keys.h"
#include "store/state_text.h"
#include "store/utc_time.h"

namespace nvmeofs {

namespace {

using Sorted = nlohmann::json;
using Json = nlohmann::ordered_json;  // in the order in which a person reads it

bool is_utf8(const std::string& text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; })) return true;
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

Json text_json(const std::string& text) {
  if (is_utf8(text)) return text;
  std::string hex;
  for (const char c : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  Json bytes = Json::object();
  bytes["bytes"] = std::move(hex);
  return bytes;
}

template <class Texts>
Json list_json(const Texts& texts) {
  Json list = Json::array();
  for (const auto& text : texts) list.push_back(text_json(text));
  return list;
}

Json export_json(const StoredExport& stored) {
  const Export& wanted = stored.wanted;
  Json json = Json::object();
  if (wanted.device) json["device"] = text_json(wanted.device->str());
  if (!wanted.disk.text.empty()) json["disk"] = text_json(wanted.disk.text);
  json["has_served"] = wanted.has_served;
  json["addresses"] = Json::array();
  for (const auto& address : wanted.addresses)
    json["addresses"].push_back(text_json(address.uri()));
  if (wanted.hosts.any) {
    json["hosts"] = "any";
  } else {
    json["hosts"] = Json::array();
    for (const auto& host : wanted.hosts.list) json["hosts"].push_back(text_json(host.str()));
  }
  json["enabled"] = wanted.enabled;
  json["serial"] = text_json(wanted.identity.serial);
  json["model"] = text_json(wanted.identity.model);
  json["uuid"] = text_json(wanted.identity.uuid);
  json["nguid"] = text_json(wanted.identity.nguid);
  json["made"] = utc_text(stored.made);
  return json;
}

Json kernel_json(const StoredKernel& kernel) {
  Json json = Json::object();
  json["boot_id"] = text_json(kernel.boot_id);
  json["ports"] = Json::object();
  for (const auto& [name, uri] : kernel.ports) json["ports"][name] = text_json(uri);
  json["hosts"] = list_json(kernel.hosts);
  json["modules"] = list_json(kernel.modules);
  return json;
}

// Appends to `json` those keys of `unknown` that it lacks.
void add_unknown(Json& json, const Json& unknown) {
  for (const auto& [key, value] : unknown.items())
    if (!json.contains(key)) json[key] = value;
}

Json exports_json(const StoredState& state, const Sorted& unknown) {
  Json json = Json::object();
  // At the end without a search: an ordered_json looks for a key in all that it has, and there may
  // be ten thousand exports.
  auto& members = json.get_ref<Json::object_t&>();
  members.reserve(state.exports.size());
  for (const auto& [name, stored] : state.exports) {
    auto& member = members.emplace_back(name, export_json(stored));
    if (const auto found = unknown.find(name); found != unknown.end())
      add_unknown(member.second, Json(*found));
  }
  return json;
}

std::string text_of(const StateText& content) {
  Sorted unknown = content.unknown.empty() ? Sorted::object() : Sorted::parse(content.unknown);
  const Sorted in_exports = unknown.value("exports", Sorted::object());
  const Sorted in_kernel = unknown.value("kernel", Sorted::object());

  Json json = Json::object();
  json["format"] = format_mark;
  json["version"] = state_version;
  json["generation"] = content.generation;
  json["crc32"] = "";  // its place: not the last line, which cannot be deleted alone
  json["exports"] = exports_json(content.state, in_exports);
  json["kernel"] = kernel_json(content.state.kernel);
  add_unknown(json["kernel"], Json(in_kernel));
  add_unknown(json, Json(unknown));

  Sorted rest(json);
  rest.erase("crc32");
  json["crc32"] = checksum(rest.dump());
  return json.dump(2) + "\n";
}

}  // namespace

Result<std::string> write_state(StateText& content) {
  try {
    auto text = text_of(content);
    auto again = read_state(text);
    if (!again)
      return refuse(EINVAL, Reason::not_saved, "it could not be read again: {}",
                    again.error().message);
    if (again->state != content.state || again->generation != content.generation)
      return refuse(EINVAL, Reason::not_saved, "it would be read as another state");
    content.unknown = std::move(again->unknown);
    return text;
  } catch (const nlohmann::json::exception& exception) {
    return refuse(EINVAL, Reason::not_saved, "it cannot be written as JSON: {}", exception.what());
  }
}

}  // namespace nvmeofs
