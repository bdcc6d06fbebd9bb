#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "store/checksum.h"
#include "store/connections_keys.h"
#include "store/connections_text.h"
#include "store/json_value.h"
#include "store/utc_time.h"

namespace nvmeofs {
namespace {

using Json = OrderedJson;

Json connection_json(const StoredConnection& stored) {
  const Connection& wanted = stored.wanted;
  Json json = Json::object();
  if (wanted.nqn) json["nqn"] = text_json(wanted.nqn->str());
  json["addresses"] = Json::array();
  for (const auto& address : wanted.addresses)
    json["addresses"].push_back(text_json(address.uri()));
  json["connected"] = wanted.connected;
  json["options"] = Json::object();
  for (const auto& [name, value] : wanted.options) json["options"][name] = text_json(value);
  json["made"] = utc_text(stored.made);
  return json;
}

Json discovery_json(const StoredDiscovery& stored) {
  Json json = Json::object();
  json["address"] = text_json(stored.wanted.address.uri());
  json["connect_all"] = stored.wanted.connect_all;
  json["persistent"] = stored.wanted.persistent;
  json["made"] = utc_text(stored.made);
  return json;
}

std::string text_of(const ConnectionsState& state, std::uint64_t generation,
                    const std::string& unknown) {
  Json rest = parsed_object(unknown);
  Json json = Json::object();
  json["format"] = connections_mark;
  json["version"] = connections_version;
  json["generation"] = generation;
  json["crc32"] = "";  // its place: not the last line, which cannot be deleted alone
  Json& all = json["connections"] = Json::object();
  for (const auto& [name, stored] : state.connections) {
    all[name] = connection_json(stored);
    if (rest.contains("connections") && rest["connections"].contains(name))
      add_unknown(all[name], rest["connections"][name]);
  }
  for (const auto& [name, stored] : state.discoveries) {
    Json& one = json["discovery"][name] = discovery_json(stored);
    if (rest.contains("discovery") && rest["discovery"].contains(name))
      add_unknown(one, rest["discovery"][name]);
  }
  // Of entries that are no more.
  rest.erase("connections");
  rest.erase("discovery");
  add_unknown(json, rest);

  Json without = json;
  without.erase("crc32");
  json["crc32"] = checksum(canonical(without));
  return json.dump(2) + "\n";
}

// Of the keys in a section, those of entries that are there.
template <class Entries>
void keep_known(Json& rest, const char* section, const Entries& entries) {
  if (!rest.contains(section)) return;
  Json kept = Json::object();
  for (const auto& [name, keys] : rest[section].items())
    if (entries.contains(name)) kept[name] = keys;
  if (kept.empty()) {
    rest.erase(section);
  } else {
    rest[section] = std::move(kept);
  }
}

}  // namespace

Result<std::string> ConnectionsWriter::write(const ConnectionsState& state,
                                             std::uint64_t generation) const {
  try {
    auto text = text_of(state, generation, unknown_);
    const auto again = read_connections(text);
    if (!again)
      return refuse(EINVAL, Reason::not_saved, "it could not be read again: {}",
                    again.error().message);
    if (again->state != state)
      return refuse(EINVAL, Reason::not_saved, "it would be read as another state");
    return text;
  } catch (const nlohmann::json::exception& exception) {
    return refuse(EINVAL, Reason::not_saved, "it cannot be written as JSON: {}", exception.what());
  }
}

void ConnectionsWriter::saved(const ConnectionsState& state) {
  if (unknown_.empty()) return;
  Json rest = parsed_object(unknown_);
  keep_known(rest, "connections", state.connections);
  keep_known(rest, "discovery", state.discoveries);
  unknown_ = rest.dump();
}

}  // namespace nvmeofs
