#include <nlohmann/json.hpp>
#include <utility>

#include "nvmeofs/connection_option.h"
#include "nvmeofs/host_config.h"

namespace nvmeofs {
namespace {

using Json = nlohmann::ordered_json;
using Kind = ConnectionOption::Kind;

// The number of a key or a keyring means something until the next boot of this one machine.
bool is_left_out(const ConnectionOption& option) {
  return option.secret() || option.name == "keyring" || option.name == "tls_key" ||
         option.kind == Kind::host_nqn || option.kind == Kind::host_id;
}

Json value_json(const ConnectionOption& option, const std::string& value) {
  if (option.kind == Kind::number) return std::stoll(value);
  if (option.kind == Kind::flag) return value == "1";
  return value;
}

Json port_json(const TransportAddress& address, const std::map<std::string, std::string>& options) {
  Json port = Json::object();
  port["transport"] = to_string(address.trtype);
  port["traddr"] = address.traddr;
  port["trsvcid"] = std::to_string(address.trsvcid);
  for (const auto& option : connection_options()) {
    const auto found = options.find(std::string(option.name));
    if (found == options.end() || is_left_out(option)) continue;
    if (option.kind == Kind::flag && found->second == "0") continue;
    port[std::string(option.name)] = value_json(option, found->second);
  }
  return port;
}

Json& subsystems_of(Json& hosts, const HostIdentity& host) {
  for (auto& there : hosts)
    if (there["hostnqn"] == host.nqn && there.value("hostid", "") == host.id)
      return there["subsystems"];
  Json added = Json::object();
  added["hostnqn"] = host.nqn;
  if (!host.id.empty()) added["hostid"] = host.id;
  added["subsystems"] = Json::array();
  hosts.push_back(std::move(added));
  return hosts.back()["subsystems"];
}

}  // namespace

std::string host_config_text(const std::vector<ConfiguredSubsystem>& subsystems) {
  Json hosts = Json::array();
  for (const auto& subsystem : subsystems) {
    Json ports = Json::array();
    for (const auto& address : subsystem.addresses)
      ports.push_back(port_json(address, subsystem.options));
    Json added = Json::object();
    added["nqn"] = subsystem.nqn.str();
    added["ports"] = std::move(ports);
    subsystems_of(hosts, subsystem.host).push_back(std::move(added));
  }
  // A foreign name is whatever the kernel was given.
  return hosts.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace nvmeofs
