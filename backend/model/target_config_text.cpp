#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "nvmeofs/target_config.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

using Json = nlohmann::json;

// The names of the kernel's objects are anybody's bytes, and JSON is UTF-8.
std::string text_of(const std::string& text) {
  return as_utf8(text);
}

// "attr_serial" of a group "attr_" is "serial" in it.
Json group_of(const Attributes& attributes, std::string_view prefix) {
  Json group = Json::object();
  for (const auto& [name, text] : attributes)
    if (name.starts_with(prefix)) group[name.substr(prefix.size())] = text_of(text);
  return group;
}

// A number where the name of the directory is one.
Json number_of(const std::string& name) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size()) return text_of(name);
  return number;
}

// Numbers in their order, and what is none behind them.
template <class T>
std::vector<const std::pair<const std::string, T>*> by_number(const std::map<std::string, T>& all) {
  std::vector<const std::pair<const std::string, T>*> sorted;
  for (const auto& each : all) sorted.push_back(&each);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* one, const auto* other) {
    return one->first.size() < other->first.size();
  });
  return sorted;
}

template <class T>
Json names_of(const std::map<std::string, T>& all) {
  Json names = Json::array();
  for (const auto& [name, unused] : all) names.push_back(text_of(name));
  return names;
}

Json host_of(const std::string& nqn, const Host& host) {
  return {{"nqn", text_of(nqn)}, {"dhchap", group_of(host.attributes, "dhchap_")}};
}

Json space_of(const std::string& nsid, const Namespace& space) {
  Json json{{"nsid", number_of(nsid)},
            {"enable", space.enabled ? 1 : 0},
            {"device", group_of(space.attributes, "device_")}};
  if (const auto group = attribute(space.attributes, "ana_grpid"); !group.empty()) {
    json["ana_grpid"] = number_of(group);
    json["ana"] = {{"grpid", group}};
  }
  if (const Json resv = group_of(space.attributes, "resv_"); !resv.empty()) json["resv"] = resv;
  return json;
}

// One, where the kernel has it; and whether it is enabled is not said.
Json passthru_of(const Passthru& passthru) {
  Json all = Json::array();
  if (passthru.attributes.empty()) return all;
  Json& one = all.emplace_back(Json::object());
  const auto path = attribute(passthru.attributes, "device_path");
  one["device"]["path"] = path.empty() ? "(null)" : text_of(path);
  for (const auto& [name, text] : passthru.attributes)
    if (name != "device_path") one[name] = number_of(text);
  return all;
}

Json subsystem_of(const std::string& nqn, const Subsystem& subsystem) {
  Json namespaces = Json::array();
  for (const auto* space : by_number(subsystem.namespaces))
    namespaces.push_back(space_of(space->first, space->second));
  return {{"nqn", text_of(nqn)},
          {"attr", group_of(subsystem.attributes, "attr_")},
          {"allowed_hosts", names_of(subsystem.allowed_hosts)},
          {"namespaces", namespaces},
          {"passthru", passthru_of(subsystem.passthru)}};
}

// The kernel has a text for each of these, if an empty one.
Json addr_of(const Attributes& attributes) {
  Json addr{{"trtype", ""}, {"adrfam", ""}, {"traddr", ""}, {"trsvcid", ""}};
  addr.update(group_of(attributes, "addr_"));
  return addr;
}

Json port_of(const std::string& id, const Port& port) {
  Json groups = Json::array();
  for (const auto* group : by_number(port.ana_groups))
    groups.push_back({{"grpid", number_of(group->first)}, {"ana", {{"state", group->second}}}});
  Json referrals = Json::array();
  for (const auto& [name, referral] : port.referrals)
    referrals.push_back({{"name", text_of(name)},
                         {"enable", referral.enabled ? 1 : 0},
                         {"addr", addr_of(referral.attributes)}});
  return {{"portid", number_of(id)},
          {"addr", addr_of(port.attributes)},
          {"param", group_of(port.attributes, "param_")},
          {"subsystems", names_of(port.subsystems)},
          {"ana_groups", groups},
          {"referrals", referrals}};
}

}  // namespace

// Python's json.dump(sort_keys=True, indent=2), and a newline.
std::string target_config_text(const Target& target) {
  Json hosts = Json::array();
  for (const auto& [nqn, host] : target.hosts) hosts.push_back(host_of(nqn, host));
  Json ports = Json::array();
  for (const auto* port : by_number(target.ports))
    ports.push_back(port_of(port->first, port->second));
  Json subsystems = Json::array();
  for (const auto& [nqn, subsystem] : target.subsystems)
    subsystems.push_back(subsystem_of(nqn, subsystem));
  const Json document{{"hosts", hosts}, {"ports", ports}, {"subsystems", subsystems}};
  return document.dump(2, ' ', true) + "\n";
}

}  // namespace nvmeofs
