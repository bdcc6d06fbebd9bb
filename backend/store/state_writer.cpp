#include "store/state_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "nvmeofs/host_setting.h"
#include "store/checksum.h"
#include "store/json_value.h"
#include "store/state_keys.h"
#include "store/utc_time.h"

namespace nvmeofs {

namespace {

using Json = OrderedJson;

void add_space(Json& json, const Space& space, const ServedDisk* served) {
  if (space.device) json["device"] = text_json(space.device->str());
  if (!space.disk.text.empty()) json["disk"] = text_json(space.disk.text);
  json["has_served"] = space.has_served;
  json["uuid"] = text_json(space.uuid);
  json["nguid"] = text_json(space.nguid);
  if (!space.direct) json["direct"] = false;
  if (space.ana_group != first_ana_group) json["ana_group"] = std::to_string(space.ana_group);
  for (const auto& [name, value] : space.settings) json["settings"][name] = value;
  if (served == nullptr) return;
  json["served"]["boot"] = text_json(served->boot_id);
  json["served"]["appearance"] = text_json(served->appearance);
  json["served"]["bytes"] = served->bytes;
}

Json controller_json(const ServedController& controller) {
  Json json = Json::object();
  if (controller.device) json["device"] = text_json(controller.device->str());
  if (!controller.drive.text.empty()) json["drive"] = text_json(controller.drive.text);
  json["has_served"] = controller.has_served;
  json["enabled"] = controller.enabled;
  for (const auto& [name, value] : controller.settings) json["settings"][name] = value;
  return json;
}

Json export_json(const StoredExport& stored) {
  const Export& wanted = stored.wanted;
  Json json = Json::object();
  const auto of_first = stored.served.find(first_nsid);
  add_space(json, wanted.first(), of_first != stored.served.end() ? &of_first->second : nullptr);
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
  for (const auto& [attribute, value] : wanted.settings)
    json["subsystem"][std::string(find_subsystem_attribute(attribute)->name)] = value;
  json["serial"] = text_json(wanted.identity.serial);
  json["model"] = text_json(wanted.identity.model);
  json["made"] = utc_text(stored.made);
  if (!wanted.first().enabled) json["namespace_1"] = false;
  for (const auto& [nsid, space] : wanted.spaces) {
    if (nsid == first_nsid) continue;
    Json& of_space = json["namespaces"][std::to_string(nsid)];
    const auto served = stored.served.find(nsid);
    add_space(of_space, space, served != stored.served.end() ? &served->second : nullptr);
    of_space["enabled"] = space.enabled;
  }
  if (wanted.controller != ServedController{})
    json["passthru"] = controller_json(wanted.controller);
  for (const auto& [file, access] : stored.access) {
    Json& of_file = json["access"][file];
    of_file = Json::object();
    if (access.uid) of_file["uid"] = *access.uid;
    if (access.gid) of_file["gid"] = *access.gid;
    if (access.mode) of_file["mode"] = fmt::format("{:04o}", *access.mode);
  }
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

Json ports_json(const std::map<TransportAddress, WantedPort>& ports) {
  Json json = Json::object();
  for (const auto& [address, port] : ports) {
    Json& of_port = json[address.uri()] = Json::object();
    for (const auto& [name, value] : port.settings) of_port[name] = text_json(value);
    for (const auto& [group, state] : port.ana_states)
      of_port["ana_groups"][std::to_string(group)] = std::string(to_string(state));
    for (const auto& [name, referral] : port.referrals) {
      Json& of_referral = of_port["referrals"][name] = Json::object();
      if (referral.address) of_referral["address"] = text_json(referral.address->uri());
      of_referral["enabled"] = referral.enabled;
    }
  }
  return json;
}

// One that nothing is set for is there all the same: somebody made it.
Json hosts_json(const std::map<std::string, Host>& hosts) {
  Json json = Json::object();
  for (const auto& [nqn, host] : hosts) {
    Json& of_host = json[nqn] = Json::object();
    for (const auto& setting : host_settings)
      if (const auto text = value(host, setting))
        of_host[std::string(setting.name)] = text_json(text->reveal());
  }
  return json;
}

Json before_restore_json(const BeforeRestore& before) {
  const auto exports_json = [](const std::map<std::string, StoredExport>& exports) {
    Json json = Json::object();
    for (const auto& [name, stored] : exports) json[name] = export_json(stored);
    return json;
  };
  Json json = Json::object();
  json["boot_id"] = text_json(before.boot_id);
  json["exports"] = exports_json(before.exports);
  json["foreign"] = exports_json(before.foreign);
  json["made"] = list_json(before.made);
  json["ports"] = ports_json(before.ports);
  json["hosts"] = hosts_json(before.hosts);
  return json;
}

// Members of an object, as texts that are put together as nlohmann-json would.
using Members = std::vector<std::pair<std::string, std::string_view>>;

std::string canonical_object(const Members& members) {
  std::string text = "{";
  for (const auto& [key, value] : members)
    text.append(text.size() > 1 ? "," : "").append(Json(key).dump()).append(":").append(value);
  return text + "}";
}

// The values have their own inner lines at the depth of a member already.
std::string pretty_object(const Members& members, std::size_t depth) {
  if (members.empty()) return "{}";
  const std::string margin(2 * depth, ' ');
  std::string text = "{";
  for (const auto& [key, value] : members)
    text.append(text.size() > 1 ? ",\n" : "\n")
        .append(margin)
        .append("  ")
        .append(Json(key).dump())
        .append(": ")
        .append(value);
  return text.append("\n").append(margin).append("}");
}

// No string of JSON has a newline in it, so each one begins a line.
std::string pretty(const Json& json, std::size_t depth) {
  std::string text;
  for (const char c : json.dump(2)) {
    text += c;
    if (c == '\n') text.append(2 * depth, ' ');
  }
  return text;
}

Result<void> check_reads_back(const std::string& text, const StoredState& state) {
  const auto again = read_state(text);
  if (!again)
    return refuse(EINVAL, Reason::not_saved, "it could not be read again: {}",
                  again.error().message);
  if (again->state != state)
    return refuse(EINVAL, Reason::not_saved, "it would be read as another state");
  return {};
}

// All of a file but for its exports and what is restored, which stand where their texts are put in:
// in the order of the file, and the keys that are not known at its end.
Json frame(const StoredState& state, std::uint64_t generation, const std::string& unknown) {
  const Json rest = parsed_object(unknown);
  Json json = Json::object();
  json["format"] = format_mark;
  // An older program would read past what it has to take back.
  json["version"] = state.restoring ? 2 : 1;
  json["generation"] = generation;
  json["crc32"] = "";  // its place: not the last line, which cannot be deleted alone
  json["exports"] = Json::object();
  if (!state.ports.empty()) json["ports"] = ports_json(state.ports);
  if (!state.hosts.empty()) json["hosts"] = hosts_json(state.hosts);
  json["kernel"] = kernel_json(state.kernel);
  if (rest.contains("kernel")) add_unknown(json["kernel"], rest["kernel"]);
  if (state.restoring) json["restoring"] = Json::object();
  add_unknown(json, rest);
  return json;
}

template <class Texts, class RestoreText>
std::string file_text(const Json& frame, const Texts& exports,
                      const std::optional<RestoreText>& restoring) {
  Members for_people, for_checksum;
  for (const auto& [name, text] : exports) {
    for_people.emplace_back(name, text->pretty);
    for_checksum.emplace_back(name, text->canonical);
  }
  std::map<std::string, std::string> values;
  for (const auto& [key, value] : frame.items())
    if (key != "crc32")
      values.emplace(key, key == "exports"     ? canonical_object(for_checksum)
                          : key == "restoring" ? restoring->canonical
                                               : canonical(value));
  const std::string crc = checksum(canonical_object({values.begin(), values.end()}));

  std::vector<std::pair<std::string, std::string>> shown;
  for (const auto& [key, value] : frame.items())
    shown.emplace_back(key, key == "exports"     ? pretty_object(for_people, 1)
                            : key == "restoring" ? restoring->pretty
                            : key == "crc32"     ? Json(crc).dump()
                                                 : pretty(value, 1));
  return pretty_object({shown.begin(), shown.end()}, 0) + "\n";
}

}  // namespace

StateWriter::StateWriter(std::string unknown) {
  Json rest = parsed_object(unknown);
  if (const auto found = rest.find("exports"); found != rest.end()) {
    for (const auto& [name, keys] : found->items()) unknown_in_exports_.emplace(name, keys.dump());
    rest.erase("exports");
  }
  if (!rest.empty()) unknown_ = rest.dump();
}

Result<std::string> StateWriter::write(const StoredState& state, std::uint64_t generation) {
  try {
    std::map<std::string, ExportText> changed;
    Texts all;
    StoredState to_check{
        .exports = {}, .kernel = state.kernel, .ports = state.ports, .hosts = state.hosts};
    for (const auto& [name, stored] : state.exports) {
      const auto found = exports_.find(name);
      const bool known = found != exports_.end() && found->second.stored == stored;
      if (!known) {
        changed.emplace(name, text_of(name, stored));
        to_check.exports.emplace(name, stored);
      }
      all.emplace_back(name, known ? &found->second : &changed.at(name));
    }
    std::optional<RestoreText> restoring = restoring_;
    if (!state.restoring) restoring.reset();
    if (state.restoring && (!restoring || restoring->stored != *state.restoring)) {
      const Json json = before_restore_json(*state.restoring);
      restoring = RestoreText{*state.restoring, pretty(json, 1), canonical(json)};
      to_check.restoring = state.restoring;
    }
    const Json around = frame(state, generation, unknown_);
    Texts to_read;
    for (const auto& [name, text] : changed) to_read.emplace_back(name, &text);
    Json around_read = around;
    if (!to_check.restoring) around_read.erase("restoring");
    if (auto readable = check_reads_back(file_text(around_read, to_read, restoring), to_check);
        !readable)
      return tl::unexpected(readable.error());
    if (auto told_apart = check_identities(state); !told_apart)
      return tl::unexpected(told_apart.error());
    auto text = file_text(around, all, restoring);
    restoring_ = std::move(restoring);
    for (auto& [name, fresh] : changed) exports_.insert_or_assign(name, std::move(fresh));
    return text;
  } catch (const nlohmann::json::exception& exception) {
    return refuse(EINVAL, Reason::not_saved, "it cannot be written as JSON: {}", exception.what());
  }
}

StateWriter::ExportText StateWriter::text_of(const std::string& name,
                                             const StoredExport& stored) const {
  Json json = export_json(stored);
  if (const auto unknown = unknown_in_exports_.find(name); unknown != unknown_in_exports_.end())
    add_unknown(json, parsed_object(unknown->second));
  return {stored, pretty(json, 2), canonical(json)};
}

void StateWriter::saved(const StoredState& state) {
  const auto is_gone = [&](const auto& named) { return !state.exports.contains(named.first); };
  std::erase_if(exports_, is_gone);
  std::erase_if(unknown_in_exports_, is_gone);
}

}  // namespace nvmeofs
