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

std::string text_of(const StoredConnections& connections, std::uint64_t generation,
                    const std::string& unknown) {
  const Json rest = parsed_object(unknown);
  Json json = Json::object();
  json["format"] = connections_mark;
  json["version"] = connections_version;
  json["generation"] = generation;
  json["crc32"] = "";  // its place: not the last line, which cannot be deleted alone
  Json& all = json["connections"] = Json::object();
  for (const auto& [name, stored] : connections) {
    all[name] = connection_json(stored);
    if (rest.contains("connections") && rest["connections"].contains(name))
      add_unknown(all[name], rest["connections"][name]);
  }
  add_unknown(json, rest);

  Json without = json;
  without.erase("crc32");
  json["crc32"] = checksum(canonical(without));
  return json.dump(2) + "\n";
}

}  // namespace

Result<std::string> ConnectionsWriter::write(const StoredConnections& connections,
                                             std::uint64_t generation) const {
  try {
    auto text = text_of(connections, generation, unknown_);
    const auto again = read_connections(text);
    if (!again)
      return refuse(EINVAL, Reason::not_saved, "it could not be read again: {}",
                    again.error().message);
    if (again->state != connections)
      return refuse(EINVAL, Reason::not_saved, "it would be read as another state");
    return text;
  } catch (const nlohmann::json::exception& exception) {
    return refuse(EINVAL, Reason::not_saved, "it cannot be written as JSON: {}", exception.what());
  }
}

void ConnectionsWriter::saved(const StoredConnections& connections) {
  if (unknown_.empty()) return;
  Json rest = parsed_object(unknown_);
  if (!rest.contains("connections")) return;
  Json kept = Json::object();
  for (const auto& [name, keys] : rest["connections"].items())
    if (connections.contains(name)) kept[name] = keys;
  rest["connections"] = std::move(kept);
  unknown_ = rest.dump();
}

}  // namespace nvmeofs
