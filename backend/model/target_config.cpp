#include "nvmeofs/target_config.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "model/json_section.h"
#include "nvmeofs/host_setting.h"
#include "nvmeofs/subsystem_setting.h"

namespace nvmeofs {
namespace {

using Json = nlohmann::json;

// What the kernel prints for a text that was never set (printf of a null pointer).
constexpr std::string_view never_set = "(null)";

// All of it is text in nvmetcli's own files, but people and other programs write numbers.
std::string value_at(const Section& section, std::string_view key) {
  const Json& value = section.at(key);
  if (value.is_number_integer()) return value.dump();
  if (!value.is_string()) damaged("{}: it is no text", section.place(key));
  auto text = value.get<std::string>();
  return text == never_set ? std::string() : text;
}

std::uint64_t number_at(const Section& section, std::string_view key, std::uint64_t largest) {
  const std::string text = value_at(section, key);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > largest)
    damaged("{}: it is a number, {} at most", section.place(key), largest);
  return number;
}

bool bool_at(const Section& section, std::string_view key) {
  return number_at(section, key, 1) == 1;
}

// nullptr: it is not there, which is the same as empty.
const Json* list_at(const Section& section, std::string_view key) {
  if (!section.has(key)) return nullptr;
  if (!section.at(key).is_array()) damaged("{}: it is no list", section.place(key));
  return &section.at(key);
}

Json object_at(const Section& section, std::string_view key) {
  return section.has(key) ? section.at(key) : Json::object();
}

std::string name_of(std::string_view kind, std::size_t index) {
  return fmt::format("{} {}", kind, index + 1);
}

class Reading {
 public:
  TargetConfig read(const Json& json) {
    const Section root("the document", json);
    leave_out_unknown(root, {"discovery", "hosts", "ports", "subsystems"});
    read_discovery(root);
    each(root, "hosts", "host", [&](const Section& section) { read_host(section); });
    each(root, "subsystems", "subsystem", [&](const Section& section) { read_subsystem(section); });
    each(root, "ports", "port", [&](const Section& section) { read_port(section); });
    return std::move(config_);
  }

 private:
  template <class Read>
  static void each(const Section& section, std::string_view key, std::string_view kind, Read read,
                   const std::string& within = "") {
    const Json* const list = list_at(section, key);
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->size(); ++i)
      read(Section(within + name_of(kind, i), (*list)[i]));
  }

  void leave_out(const std::string& place, std::string_view why) {
    config_.left_out.push_back(fmt::format("{}: {}", place, why));
  }

  void leave_out_unknown(const Section& section, const std::set<std::string_view>& known) {
    const Json rest = section.unknown(known);
    for (const auto& [key, value] : rest.items())
      leave_out(section.place(key), "there is no such key, as far as is known here");
  }

  void read_discovery(const Section& root) {
    const Json json = object_at(root, "discovery");
    const Section section(root.place("discovery"), json);
    leave_out_unknown(section, {"nqn"});
    if (section.has("nqn") && value_at(section, "nqn") != Nqn::discovery)
      leave_out(section.place("nqn"), "the kernel's own name of it stays");
  }

  void read_host(const Section& section) {
    leave_out_unknown(section, {"nqn", "dhchap"});
    const Nqn nqn = parsed(section.place("nqn"), Nqn::parse(value_at(section, "nqn")));
    const Json json = object_at(section, "dhchap");
    const Section dhchap(section.place("dhchap"), json);
    ServedHost host{.place = section.place("nqn")};
    std::set<std::string_view> known;
    for (const auto& setting : host_settings) {
      const std::string_view key = setting.name.substr(std::string_view("dhchap_").size());
      known.insert(key);
      if (!dhchap.has(key)) continue;
      const std::string text = value_at(dhchap, key);
      if (text.empty()) continue;
      // Of a key nothing is said but that it is none.
      if (auto good = check(setting, text); !good)
        damaged("{}: {}", dhchap.place(key),
                setting.secret ? "it is no key that the kernel takes" : good.error().message);
      set(host.settings, setting, Secret(text));
    }
    leave_out_unknown(dhchap, known);
    if (!config_.hosts.emplace(nqn.str(), std::move(host)).second)
      damaged("{}: {} stands there twice", section.place("nqn"), nqn.str());
  }

  void read_subsystem(const Section& section) {
    leave_out_unknown(section, {"nqn", "attr", "allowed_hosts", "namespaces", "passthru"});
    ServedSubsystem subsystem{
        .place = section.place("nqn"),
        .nqn = parsed(section.place("nqn"), Nqn::parse(value_at(section, "nqn")))};
    if (find(subsystem.nqn.str()) != nullptr)
      damaged("{}: {} stands there twice", subsystem.place, subsystem.nqn.str());
    read_hosts_of(section, subsystem);
    read_attributes(section, subsystem);
    const std::string within = section.place("namespaces") + ", ";
    each(
        section, "namespaces", "namespace",
        [&](const Section& space) { read_space(space, subsystem); }, within);
    each(
        section, "passthru", "passthru",
        [&](const Section& passthru) { read_passthru(passthru, subsystem.controller); },
        section.place("passthru") + ", ");
    config_.subsystems.push_back(std::move(subsystem));
  }

  static void read_hosts_of(const Section& section, ServedSubsystem& subsystem) {
    if (list_at(section, "allowed_hosts") == nullptr) return;
    for (const auto& nqn : section.texts("allowed_hosts"))
      subsystem.hosts.list.insert(parsed(section.place("allowed_hosts"), Nqn::parse(nqn)));
  }

  void read_attributes(const Section& of, ServedSubsystem& subsystem) {
    const Json json = object_at(of, "attr");
    const Section section(of.place("attr"), json);
    for (const auto& [key, unused] : json.items()) {
      const std::string text = value_at(section, key);
      if (key == "allow_any_host") {
        const bool any = bool_at(section, key);
        // nvmetcli writes it when the hosts are linked already, and the kernel refuses it then.
        if (any && !subsystem.hosts.list.empty())
          leave_out(section.place(key), "hosts are named, and so the others are not allowed");
        subsystem.hosts.any = any && subsystem.hosts.list.empty();
        continue;
      }
      const auto* const setting = find_subsystem_setting(key);
      if (setting == nullptr) {
        leave_out(section.place(key), "there is no such key, as far as is known here");
      } else if (!text.empty()) {
        subsystem.attributes.emplace(setting->attribute,
                                     parsed(section.place(key), check(*setting, text)));
      }
    }
  }

  void read_space(const Section& section, ServedSubsystem& subsystem) {
    leave_out_unknown(section, {"nsid", "enable", "ana_grpid", "device", "ana", "resv"});
    const auto nsid = parsed(section.place("nsid"), parse_nsid(value_at(section, "nsid")));
    ServedSpace space;
    space.enabled = section.has("enable") && bool_at(section, "enable");
    if (section.has("ana_grpid")) space.ana_group = group_at(section, "ana_grpid");
    read_ana_of(section, space);
    read_device(section, space);
    const Json json = object_at(section, "resv");
    const Section resv(section.place("resv"), json);
    leave_out_unknown(resv, {"enable"});
    if (resv.has("enable")) space.settings["resv_enable"] = bool_at(resv, "enable") ? "1" : "0";
    if (space.enabled && !space.device)
      damaged("{}: it is to be enabled, and has no device", section.place("enable"));
    if (!subsystem.spaces.emplace(nsid, std::move(space)).second)
      damaged("{}: {} stands there twice", section.place("nsid"), nsid);
  }

  static AnaGroup group_at(const Section& section, std::string_view key) {
    return parsed(section.place(key), parse_ana_group(value_at(section, key)));
  }

  // The same group once more, as text.
  void read_ana_of(const Section& of, ServedSpace& space) {
    const Json json = object_at(of, "ana");
    const Section section(of.place("ana"), json);
    leave_out_unknown(section, {"grpid"});
    if (section.has("grpid") && !of.has("ana_grpid")) space.ana_group = group_at(section, "grpid");
  }

  void read_device(const Section& of, ServedSpace& space) {
    const Json json = object_at(of, "device");
    const Section section(of.place("device"), json);
    leave_out_unknown(section, {"path", "uuid", "nguid"});
    const auto text = [&](std::string_view key) {
      return section.has(key) ? value_at(section, key) : std::string();
    };
    if (const auto path = text("path"); !path.empty()) space.device = path_at(section, path);
    if (const auto uuid = text("uuid"); !uuid.empty())
      space.uuid = parsed(section.place("uuid"), parse_uuid(uuid));
    if (const auto nguid = text("nguid"); !nguid.empty())
      space.nguid = parsed(section.place("nguid"), parse_nguid(nguid));
  }

  void read_passthru(const Section& section, SavedController& controller) {
    std::set<std::string_view> known{"device"};
    for (const auto& setting : passthru_settings) known.insert(setting.name);
    leave_out_unknown(section, known);
    const Json json = object_at(section, "device");
    const Section device(section.place("device"), json);
    leave_out_unknown(device, {"path"});
    if (device.has("path"))
      if (const auto path = value_at(device, "path"); !path.empty())
        controller.device = path_at(device, path);
    for (const auto& setting : passthru_settings)
      if (section.has(setting.name))
        controller.settings[std::string(setting.name)] =
            parsed(section.place(setting.name), check(setting, value_at(section, setting.name)));
  }

  // " force" at its end would be an order here, and is a part of the name there.
  static DevicePath path_at(const Section& section, const std::string& text) {
    auto path = parsed(section.place("path"), DevicePath::parse(text));
    if (path.force())
      damaged("{}: a path that ends in ' force' cannot be said here", section.place("path"));
    return path;
  }

  void read_port(const Section& section) {
    leave_out_unknown(section,
                      {"portid", "addr", "param", "subsystems", "ana_groups", "referrals"});
    const Json json = object_at(section, "addr");
    const Section addr(section.place("addr"), json);
    leave_out_unknown(addr, {"trtype", "adrfam", "traddr", "trsvcid", "treq", "tsas"});
    const Json* const subsystems = list_at(section, "subsystems");
    if (subsystems == nullptr || subsystems->empty())
      return leave_out(section.place("subsystems"),
                       "nothing is served there, and a port without that is not kept");
    const auto address = address_at(section, addr);
    ServedPort port{.place = section.place("addr")};
    for (const char* key : {"treq", "tsas"}) read_setting(addr, key, address.trtype, port);
    const Json param_json = object_at(section, "param");
    const Section param(section.place("param"), param_json);
    std::set<std::string_view> known;
    for (const auto& setting : port_settings)
      if (setting.attribute.starts_with("param_")) {
        known.insert(setting.name);
        read_setting(param, setting.name, address.trtype, port);
      }
    leave_out_unknown(param, known);
    read_groups(section, port);
    read_referrals(section, port);
    for (const auto& nqn : section.texts("subsystems")) {
      ServedSubsystem* const served = find(nqn);
      if (served == nullptr)
        damaged("{}: there is no subsystem {} in the document", section.place("subsystems"),
                printable(nqn));
      add_distinct(served->addresses, address);
    }
    if (!config_.ports.emplace(address, std::move(port)).second)
      damaged("{}: {} stands there twice", addr.place("traddr"), address.uri());
  }

  static void read_setting(const Section& section, std::string_view key, Trtype trtype,
                           ServedPort& port) {
    if (!section.has(key)) return;
    const std::string text = value_at(section, key);
    // -1: left to the transport.
    if (text.empty() || text == "-1") return;
    port.settings.emplace(key,
                          parsed(section.place(key), check(*find_port_setting(key), trtype, text)));
  }

  void read_groups(const Section& section, ServedPort& port) {
    each(
        section, "ana_groups", "group",
        [&](const Section& group) {
          leave_out_unknown(group, {"grpid", "ana"});
          const Json json = object_at(group, "ana");
          const Section ana(group.place("ana"), json);
          leave_out_unknown(ana, {"state"});
          if (!ana.has("state")) return;
          const auto state = parsed(ana.place("state"), parse_ana_state(value_at(ana, "state")));
          if (state != AnaState::optimized)
            port.ana_states.insert_or_assign(group_at(group, "grpid"), state);
        },
        section.place("ana_groups") + ", ");
  }

  void read_referrals(const Section& of, ServedPort& port) {
    each(
        of, "referrals", "referral",
        [&](const Section& section) {
          leave_out_unknown(section, {"name", "enable", "addr"});
          const auto name =
              parsed(section.place("name"), parse_referral_name(value_at(section, "name")));
          Referral referral{.enabled = section.has("enable") && bool_at(section, "enable")};
          const Json json = object_at(section, "addr");
          const Section addr(section.place("addr"), json);
          // What hosts are told of it is made of the address alone.
          leave_out_unknown(addr, {"trtype", "adrfam", "traddr", "trsvcid", "portid", "treq"});
          if (referral.enabled || (addr.has("traddr") && !value_at(addr, "traddr").empty()))
            referral.address = address_at(section, addr);
          if (!port.referrals.emplace(name, referral).second)
            damaged("{}: {} stands there twice", section.place("name"), printable(name));
        },
        of.place("referrals") + ", ");
  }

  // Of `section`, which has it in several keys: any of them may be the wrong one.
  static TransportAddress address_at(const Section& section, const Section& addr) {
    const auto text = [&](const char* key) {
      return addr.has(key) ? value_at(addr, key) : std::string();
    };
    return parsed(section.place("addr"),
                  TransportAddress::from_port(text("trtype"), text("adrfam"), text("traddr"),
                                              text("trsvcid")));
  }

  ServedSubsystem* find(std::string_view nqn) {
    const auto found =
        std::find_if(config_.subsystems.begin(), config_.subsystems.end(),
                     [&](const auto& subsystem) { return subsystem.nqn.str() == nqn; });
    return found != config_.subsystems.end() ? &*found : nullptr;
  }

  TargetConfig config_;
};

}  // namespace

Result<TargetConfig> parse_target_config(std::string_view text) {
  return read_json(
      text, Reason::bad_value, [](const Json& json) { return Reading().read(json); },
      without_quotation);
}

}  // namespace nvmeofs
