#include <nlohmann/json.hpp>
#include <utility>

#include "nvmeofs/connection_option.h"
#include "store/connections_keys.h"
#include "store/connections_text.h"
#include "store/json_section.h"

namespace nvmeofs {
namespace {

using Json = nlohmann::json;

std::map<std::string, std::string> options_of(const Section& section) {
  const Section options(section.place("options"), section.at("options"));
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : section.at("options").items()) {
    const ConnectionOption* const option = find_connection_option(name);
    if (option == nullptr) damaged("{}: there is no such option", options.place(name));
    const auto text = options.text(name);
    const auto canonical = check(*option, text);
    // Not what is wrong with it: that could be a part of a secret.
    if (!canonical || *canonical != text)
      damaged("{}: it is no value of this option", options.place(name));
    values.emplace(name, text);
  }
  return values;
}

StoredConnection connection_of(const std::string& name, const Section& section) {
  Connection wanted{.name =
                        parsed(fmt::format("connection {}", printable(name)), Nqn::parse(name))};
  if (section.has("nqn"))
    wanted.nqn = parsed(section.place("nqn"), Nqn::parse(section.text("nqn")));
  wanted.addresses = addresses_of(section);
  for (const auto& address : wanted.addresses)
    if (address.is_wildcard())
      damaged("{}: {} is no address of a machine", section.place("addresses"), address.uri());
  wanted.connected = section.boolean("connected");
  wanted.options = options_of(section);
  return {std::move(wanted), made_of(section)};
}

StoredDiscovery discovery_of(const std::string& name, const Section& section) {
  Discovery wanted{.name = name};
  wanted.address = address_of(section.place("address"), section.text("address"));
  // With the transport that the address has: the name may have left it out.
  const auto named = parsed(fmt::format("discovery {}", printable(name)),
                            parse_discovery_name(name, wanted.address.trtype));
  if (named != wanted.address)
    damaged("{}: it is not {}, as the name says", section.place("address"), named.uri());
  wanted.connect_all = section.boolean("connect_all");
  wanted.persistent = section.boolean("persistent");
  return {std::move(wanted), made_of(section)};
}

void check_addresses(const StoredDiscoveries& discoveries) {
  std::map<TransportAddress, std::string_view> seen;
  for (const auto& [name, stored] : discoveries) {
    const auto [other, is_new] = seen.emplace(stored.wanted.address, name);
    if (!is_new)
      damaged("discovery {} and {} are the same address", printable(other->second),
              printable(name));
  }
}

// Each would end the other's paths.
void check_subsystems(const StoredConnections& connections) {
  std::map<std::string_view, std::string_view> seen;
  for (const auto& [name, stored] : connections) {
    const auto [other, is_new] = seen.emplace(stored.wanted.subsystem().str(), name);
    if (!is_new) damaged("connections {} and {} are to the same subsystem", other->second, name);
  }
}

ConnectionsText content_of(const Json& json) {
  if (!json.is_object()) damaged("it is no JSON object");
  const Section file("at the top", json);
  ConnectionsText content;
  content.generation =
      check_top(file, json, connections_mark, connections_version, "file of connections");
  Json unknown = file.unknown(connections_top_keys);
  content.state.connections =
      entries_of(file, "connections", "connection", connection_keys, unknown, connection_of);
  check_subsystems(content.state.connections);
  if (file.has("discovery"))
    content.state.discoveries =
        entries_of(file, "discovery", "discovery", discovery_keys, unknown, discovery_of);
  check_addresses(content.state.discoveries);
  if (!unknown.empty()) content.unknown = unknown.dump();
  return content;
}

}  // namespace

Result<ConnectionsText> read_connections(std::string_view text) {
  return read_json(text, content_of, without_quotation);
}

}  // namespace nvmeofs
