#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "nvmeofs/host_setting.h"
#include "nvmeofs/text.h"
#include "store/json_section.h"
#include "store/state_keys.h"
#include "store/state_text.h"

namespace nvmeofs {

namespace {

using Json = nlohmann::json;

bool is_printable(char c) {
  return c >= 0x20 && c < 0x7f;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

Hosts hosts_of(const Section& section) {
  Hosts hosts;
  if (section.at("hosts").is_string()) {
    if (section.text("hosts") != "any")
      damaged("{}: it is \"any\" or a list of host NQNs", section.place("hosts"));
    hosts.any = true;
    return hosts;
  }
  for (const auto& text : section.texts("hosts"))
    hosts.list.insert(parsed(section.place("hosts"), Nqn::parse(text)));
  return hosts;
}

Identity identity_of(const Section& section) {
  const auto take = [&](std::string_view key, std::size_t max_length) {
    auto text = section.text(key);
    if (text.empty() || text.size() > max_length ||
        !std::all_of(text.begin(), text.end(), is_printable))
      damaged("{}: it is 1 to {} printable characters", section.place(key), max_length);
    return text;
  };
  return Identity{take("serial", 20), take("model", 40)};
}

// By the names of their files. `take` has each with its place and its text.
template <class Find, class Take>
void each_setting(const std::string& place, const Json& json, std::string_view of, Find find,
                  Take take) {
  const Section section(place, json);
  for (const auto& [name, value] : json.items()) {
    const auto* const setting = find(name);
    if (setting == nullptr) damaged("{}: {} have no such setting", section.place(name), of);
    take(*setting, section.place(name), section.text(name));
  }
}

// The keys of namespace 1 are those of the export; the others' stand in "namespaces".
Space space_of(const Section& section) {
  const auto take_uuid = [&](std::string_view key) {
    auto text = section.text(key);
    if (!is_uuid(text))
      damaged("{}: it is hexadecimal digits in lower case, 8-4-4-4-12", section.place(key));
    return text;
  };
  Space space;
  if (section.has("device"))
    space.device = parsed(section.place("device"), DevicePath::parse(section.text("device")));
  if (section.has("disk")) space.disk.text = section.text("disk");
  space.has_served = section.boolean("has_served");
  space.uuid = take_uuid("uuid");
  space.nguid = take_uuid("nguid");
  space.direct = !section.has("direct") || section.boolean("direct");
  if (section.has("ana_group"))
    space.ana_group =
        parsed(section.place("ana_group"), parse_ana_group(section.text("ana_group")));
  if (section.has("settings"))
    each_setting(
        section.place("settings"), section.at("settings"), "namespaces", find_space_setting,
        [&](const SpaceSetting& setting, const std::string& place, const std::string& text) {
          space.settings.emplace(setting.name, parsed(place, check(setting, text)));
        });
  return space;
}

std::string boot_id_of(const Section& section, std::string_view key) {
  auto id = section.text(key);
  if (!id.empty() && !is_uuid(id)) damaged("{}: it is no boot id", section.place(key));
  return id;
}

ServedDisk served_of(const Section& section) {
  return {boot_id_of(section, "boot"), section.text("appearance"), section.number("bytes")};
}

std::uint32_t id_of(const Section& section, std::string_view key) {
  // -1 is nobody to chown(2): leave it as it is.
  const auto id = section.number(key);
  if (id >= std::numeric_limits<std::uint32_t>::max())
    damaged("{}: {} is too large", section.place(key), id);
  return static_cast<std::uint32_t>(id);
}

mode_t mode_of(const Section& section, std::string_view key) {
  const auto text = section.text(key);
  mode_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (text.size() != 4 || error != std::errc{} || end != text.data() + text.size() ||
      (mode & ~Access::permissions) != 0)
    damaged("{}: it is no mode from 0000 to 0777", section.place(key));
  return mode;
}

// By the name of a file, which this program need not have: a newer one may have given it another.
AccessOf access_of(const Section& section) {
  AccessOf access;
  const Section files(section.place("access"), section.at("access"));
  for (const auto& [file, value] : section.at("access").items()) {
    const Section of_file(files.place(file), value);
    Access& read = access[file];
    if (of_file.has("uid")) read.uid = id_of(of_file, "uid");
    if (of_file.has("gid")) read.gid = id_of(of_file, "gid");
    if (of_file.has("mode")) read.mode = mode_of(of_file, "mode");
  }
  return access;
}

SubsystemSettings subsystem_of(const Section& section) {
  SubsystemSettings settings;
  // Serial number and model are the export's own keys.
  const auto find = [](std::string_view name) {
    return name != "serial" && name != "model" ? find_subsystem_setting(name) : nullptr;
  };
  each_setting(
      section.place("subsystem"), section.at("subsystem"), "subsystems", find,
      [&](const SubsystemSetting& setting, const std::string& place, const std::string& text) {
        settings.emplace(setting.attribute, parsed(place, check(setting, text)));
      });
  return settings;
}

void read_spaces(const Section& section, StoredExport& stored) {
  const Section all(section.place("namespaces"), section.at("namespaces"));
  for (const auto& [id, json] : section.at("namespaces").items()) {
    const auto nsid = parse_nsid(id);
    if (!nsid || *nsid == first_nsid)
      damaged("{}: it is a number from {} to {}", all.place(id), first_nsid + 1, last_nsid);
    const Section of_space(all.place(id), json);
    Space& space = stored.wanted.spaces[*nsid];
    space = space_of(of_space);
    space.enabled = of_space.boolean("enabled");
    if (space.enabled && !space.device)
      damaged("{}: it is enabled and has no device", all.place(id));
    if (of_space.has("served"))
      stored.served.emplace(*nsid,
                            served_of(Section(of_space.place("served"), of_space.at("served"))));
  }
}

ServedController controller_of(const Section& section) {
  ServedController controller;
  if (section.has("device"))
    controller.device = parsed(section.place("device"), DevicePath::parse(section.text("device")));
  if (section.has("drive")) controller.drive.text = section.text("drive");
  controller.has_served = section.boolean("has_served");
  controller.enabled = section.boolean("enabled");
  if (controller.enabled && !controller.device)
    damaged("{}: it is enabled and has no device", section.place("enabled"));
  if (section.has("settings"))
    each_setting(
        section.place("settings"), section.at("settings"), "controllers", find_passthru_setting,
        [&](const PassthruSetting& setting, const std::string& place, const std::string& text) {
          controller.settings.emplace(setting.name, parsed(place, check(setting, text)));
        });
  return controller;
}

StoredExport export_of(const std::string& name, const Section& section) {
  Export wanted{.name = parsed(fmt::format("export {}", printable(name)), Nqn::parse(name))};
  wanted.first() = space_of(section);
  wanted.first().enabled = !section.has("namespace_1") || section.boolean("namespace_1");
  wanted.addresses = addresses_of(section);
  wanted.hosts = hosts_of(section);
  wanted.enabled = section.boolean("enabled");
  wanted.identity = identity_of(section);
  if (section.has("subsystem")) wanted.settings = subsystem_of(section);
  if (section.has("passthru"))
    wanted.controller = controller_of(Section(section.place("passthru"), section.at("passthru")));
  StoredExport stored{std::move(wanted), made_of(section)};
  if (section.has("served"))
    stored.served.emplace(first_nsid,
                          served_of(Section(section.place("served"), section.at("served"))));
  if (section.has("namespaces")) read_spaces(section, stored);
  if (section.has("access")) stored.access = access_of(section);
  return stored;
}

// A host takes two disks of one identity for two ways to one disk, and mixes their blocks.
void compare_identities(const std::map<std::string, StoredExport>& exports) {
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> seen;
  for (const auto& [name, stored] : exports) {
    const auto compare = [&, &export_name = name](std::string_view key, std::string_view value) {
      // All zeros: it has none.
      if (key != "serial" && value.find_first_not_of("0-") == std::string_view::npos) return;
      const auto [other, is_new] = seen.emplace(std::pair(key, value), export_name);
      if (is_new) return;
      if (other->second == export_name)
        damaged("namespaces of export {} have the same \"{}\"; hosts would take them for one disk",
                export_name, key);
      damaged("exports {} and {} have the same \"{}\"; hosts would take them for one disk",
              other->second, export_name, key);
    };
    compare("serial", stored.wanted.identity.serial);
    for (const auto& [nsid, space] : stored.wanted.spaces) {
      compare("uuid", space.uuid);
      compare("nguid", space.nguid);
    }
  }
}

bool is_port_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_printable(c) && c != ' ' && c != '/'; });
}

bool is_module_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

StoredKernel kernel_of(const Section& section) {
  StoredKernel kernel;
  kernel.boot_id = boot_id_of(section, "boot_id");
  const Section ports(section.place("ports"), section.at("ports"));
  for (const auto& [name, value] : section.at("ports").items()) {
    if (!is_port_name(name)) damaged("{}: it is no port", ports.place(name));
    const auto address = address_of(ports.place(name), ports.text(name));
    if (address.uri() != ports.text(name))
      damaged("{}: it is written {}", ports.place(name), address.uri());
    kernel.ports.emplace(name, address.uri());
  }
  for (const auto& text : section.texts("hosts"))
    kernel.hosts.insert(parsed(section.place("hosts"), Nqn::parse(text)).str());
  for (const auto& text : section.texts("modules")) {
    if (!is_module_name(text))
      damaged("{}: '{}' is no module", section.place("modules"), printable(text));
    kernel.modules.insert(text);
  }
  return kernel;
}

AnaStates ana_states_of(const Section& section) {
  AnaStates states;
  if (!section.has("ana_groups")) return states;
  const Section groups(section.place("ana_groups"), section.at("ana_groups"));
  for (const auto& [group, json] : section.at("ana_groups").items())
    states.emplace(parsed(groups.place(group), parse_ana_group(group)),
                   parsed(groups.place(group), parse_ana_state(groups.text(group))));
  std::erase_if(states, [](const auto& of) { return of.second == AnaState::optimized; });
  return states;
}

Referrals referrals_of(const Section& section) {
  Referrals referrals;
  if (!section.has("referrals")) return referrals;
  const Section all(section.place("referrals"), section.at("referrals"));
  for (const auto& [name, json] : section.at("referrals").items()) {
    const Section of_referral(all.place(name), json);
    Referral& referral = referrals[parsed(all.place(name), parse_referral_name(name))];
    referral.enabled = of_referral.boolean("enabled");
    if (of_referral.has("address"))
      referral.address = parsed(of_referral.place("address"),
                                parse_referral_address(of_referral.text("address"), Trtype::rdma));
    if (referral.enabled && !referral.address)
      damaged("{}: it is enabled and has no address", all.place(name));
  }
  return referrals;
}

std::map<TransportAddress, WantedPort> ports_of(const Section& file) {
  std::map<TransportAddress, WantedPort> ports;
  if (!file.has("ports")) return ports;
  const Section all(file.place("ports"), file.at("ports"));
  for (const auto& [uri, json] : file.at("ports").items()) {
    const auto address = address_of(all.place(uri), uri);
    if (address.uri() != uri) damaged("{}: it is written {}", all.place(uri), address.uri());
    const Section of_port(all.place(uri), json);
    WantedPort& port = ports[address];
    port.ana_states = ana_states_of(of_port);
    port.referrals = referrals_of(of_port);
    Json settings = json;
    settings.erase("ana_groups");
    settings.erase("referrals");
    each_setting(
        all.place(uri), settings, "ports", find_port_setting,
        [&](const PortSetting& setting, const std::string& place, const std::string& text) {
          port.settings.emplace(setting.name, parsed(place, check(setting, address.trtype, text)));
        });
  }
  return ports;
}

// What is damaged may be a key: none of its text is told.
std::map<std::string, Host> hosts_of_target(const Section& file) {
  std::map<std::string, Host> hosts;
  if (!file.has("hosts")) return hosts;
  const Section all(file.place("hosts"), file.at("hosts"));
  for (const auto& [nqn, json] : file.at("hosts").items()) {
    Host& host = hosts[parsed(all.place(nqn), Nqn::parse(nqn)).str()];
    each_setting(
        all.place(nqn), json, "hosts", find_host_setting,
        [&](const HostSetting& setting, const std::string& place, const std::string& text) {
          if (const auto checked = check(setting, text); !checked)
            damaged("{}: {}", place, checked.error().message);
          set(host, setting, Secret(text));
        });
  }
  return hosts;
}

BeforeRestore before_restore_of(const Section& section) {
  const auto exports_in = [&](std::string_view key) {
    const Section all(section.place(key), section.at(key));
    std::map<std::string, StoredExport> exports;
    for (const auto& [name, json] : section.at(key).items())
      exports.emplace(name, export_of(name, Section(all.place(name), json)));
    return exports;
  };
  BeforeRestore before{.boot_id = boot_id_of(section, "boot_id"),
                       .exports = exports_in("exports"),
                       .foreign = exports_in("foreign"),
                       .ports = ports_of(section),
                       .hosts = hosts_of_target(section)};
  compare_identities(before.exports);
  for (const auto& text : section.texts("made"))
    before.made.insert(parsed(section.place("made"), Nqn::parse(text)).str());
  return before;
}

StateText content_of(const Json& json) {
  if (!json.is_object()) damaged("it is no JSON object");
  const Section file("at the top", json);
  StateText content;
  content.generation = check_top(file, json, format_mark, state_version, "state");
  Json unknown = file.unknown(top_keys);
  content.state.exports = entries_of(file, "exports", "export", export_keys, unknown, export_of);
  compare_identities(content.state.exports);
  content.state.ports = ports_of(file);
  content.state.hosts = hosts_of_target(file);
  if (file.has("restoring"))
    content.state.restoring = before_restore_of(Section("restoring", file.at("restoring")));
  if (file.has("kernel")) {
    const Section kernel("kernel", file.at("kernel"));
    content.state.kernel = kernel_of(kernel);
    if (auto rest = kernel.unknown(kernel_keys); !rest.empty()) unknown["kernel"] = std::move(rest);
  }
  if (!unknown.empty()) content.unknown = unknown.dump();
  return content;
}

}  // namespace

Result<StateText> read_state(std::string_view text) {
  return read_json(text, content_of, without_quotation);
}

Result<void> check_identities(const StoredState& state) {
  try {
    compare_identities(state.exports);
    return {};
  } catch (const Damage& damage) {
    return refuse(EINVAL, Reason::not_saved, "it could not be read again: {}", damage.what);
  }
}

}  // namespace nvmeofs
