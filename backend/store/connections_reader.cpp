#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "nvmeofs/connection_option.h"
#include "store/connections_keys.h"
#include "store/connections_text.h"
#include "store/json_section.h"
#include "store/json_syntax.h"
#include "store/utc_time.h"

namespace nvmeofs {
namespace {

using Json = nlohmann::json;

// The library quotes what it read last, up to the error: it may be a secret.
std::string without_quotation(std::string error) {
  if (const auto begin = error.find("; last read: "); begin != std::string::npos)
    error.erase(begin);
  return error;
}

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

std::chrono::system_clock::time_point made_of(const Section& section) {
  const auto made = parse_utc(section.text("made"));
  if (!made) damaged("{}: it is no time as in 2026-07-01T10:19:12Z", section.place("made"));
  return *made;
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

StoredDiscoveries discoveries_of(const Json& all, Json& unknown) {
  const Section section("at the top, \"discovery\"", all);
  StoredDiscoveries discoveries;
  std::map<TransportAddress, std::string> seen;
  for (const auto& [name, value] : all.items()) {
    const Section one(fmt::format("discovery {}", printable(name)), value);
    auto stored = discovery_of(name, one);
    const auto [other, is_new] = seen.emplace(stored.wanted.address, name);
    if (!is_new)
      damaged("discovery {} and {} are the same address", printable(other->second),
              printable(name));
    discoveries.emplace(name, std::move(stored));
    if (auto rest = one.unknown(discovery_keys); !rest.empty())
      unknown["discovery"][name] = std::move(rest);
  }
  return discoveries;
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
  check_version(file, connections_mark, connections_version, "file of connections");
  check_checksum(file, json);

  ConnectionsText content;
  content.generation = generation_of(file);
  Json unknown = file.unknown(connections_top_keys);
  const Section all("at the top, \"connections\"", file.at("connections"));
  for (const auto& [name, value] : file.at("connections").items()) {
    const Section section(fmt::format("connection {}", printable(name)), value);
    content.state.connections.emplace(name, connection_of(name, section));
    if (auto rest = section.unknown(connection_keys); !rest.empty())
      unknown["connections"][name] = std::move(rest);
  }
  check_subsystems(content.state.connections);
  if (file.has("discovery"))
    content.state.discoveries = discoveries_of(file.at("discovery"), unknown);
  if (!unknown.empty()) content.unknown = unknown.dump();
  return content;
}

}  // namespace

Result<ConnectionsText> read_connections(std::string_view text) {
  if (auto error = syntax_error(text))
    return refuse(EINVAL, Reason::state_unreadable, "{}", without_quotation(*std::move(error)));
  try {
    return content_of(Json::parse(text));
  } catch (const Damage& damage) {
    return refuse(EINVAL, Reason::state_unreadable, "{}", damage.what);
  } catch (const Json::exception& exception) {
    return refuse(EINVAL, Reason::state_unreadable, "{}", printable(exception.what()));
  }
}

}  // namespace nvmeofs
