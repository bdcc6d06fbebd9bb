#include "nvmeofs/host_config.h"

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "model/fabrics_address.h"
#include "model/json_section.h"
#include "nvmeofs/connection_option.h"
#include "nvmeofs/discovery.h"

namespace nvmeofs {
namespace {

using Json = nlohmann::json;
using Kind = ConnectionOption::Kind;

// Each is an attempt on a thread of its own.
constexpr std::size_t most_ports = 1024;

struct Port {
  TransportAddress address;
  bool discovery = false;
  std::map<std::string, std::string> options;
};

std::string text_at(const Section& section, std::string_view key) {
  if (!section.at(key).is_string()) damaged("{}: it is a text in quotes", section.place(key));
  return section.at(key).get<std::string>();
}

// What libnvme writes and reads for "not given".
std::string given_text(const Section& section, std::string_view key) {
  auto text = section.has(key) ? text_at(section, key) : std::string();
  return text == "none" ? std::string() : text;
}

bool is_not_given(const ConnectionOption& option, std::int64_t number) {
  if (option.name == "tos") return number == -1;
  return number == 0 && option.name != "ctrl_loss_tmo";
}

// A sentence about a value may quote it, so a key's never is one.
std::string checked(const ConnectionOption& option, const std::string& place,
                    const std::string& text) {
  auto value = check(option, text);
  if (option.protects && !value)
    damaged("{}: it is no {} that the kernel takes", place, option.name);
  return parsed(place, std::move(value));
}

// The option that a key of a port stands for; nullptr: it is none.
const ConnectionOption* option_of(std::string_view key) {
  if (key == "dhchap_key") return find_connection_option("dhchap_secret");
  if (key == "dhchap_ctrl_key") return find_connection_option("dhchap_ctrl_secret");
  const ConnectionOption* const option = find_connection_option(key);
  const bool is_of_host = option != nullptr && (option->kind == Kind::host_nqn ||
                                                option->kind == Kind::host_id || option->secret());
  return is_of_host ? nullptr : option;
}

// Nothing: the value says that it is not given.
std::optional<std::string> value_at(const Section& port, std::string_view key,
                                    const ConnectionOption& option) {
  const Json& value = port.at(key);
  const auto place = port.place(key);
  if (option.kind == Kind::flag) {
    if (!value.is_boolean()) damaged("{}: it is true or false", place);
    return value.get<bool>() ? "1" : "0";
  }
  // Of another minor version of libnvme these are texts, and may be names.
  const bool is_key = option.name == "keyring" || option.name == "tls_key";
  if (option.kind == Kind::number && !(is_key && value.is_string())) {
    if (!value.is_number_integer()) damaged("{}: it is a number without quotes", place);
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX})
      damaged("{}: it is too large", place);
    const auto number = value.get<std::int64_t>();
    if (is_not_given(option, number)) return std::nullopt;
    return checked(option, place, std::to_string(number));
  }
  const auto text = given_text(port, key);
  if (text.empty()) return std::nullopt;
  if (is_key && text.find_first_not_of("0123456789") != std::string::npos)
    damaged("{}: the kernel takes the number that /proc/keys has, and no name", place);
  return checked(option, place, text);
}

[[noreturn]] void unknown_key(const Section& section, std::string_view key) {
  damaged(
      "{}: there is no such key, as far as is known here; what it is to do would be left undone",
      section.place(key));
}

Port port_of(const Section& section, const Json& json, bool discovery,
             std::vector<std::string>& left_out) {
  Port port{.address = {}, .discovery = discovery, .options = {}};
  for (const auto& [key, value] : json.items()) {
    if (key == "transport" || key == "traddr" || key == "trsvcid") continue;
    if (key == "discovery" || key == "persistent") {
      const bool on = section.boolean(key);
      if (key == "discovery") port.discovery |= on;
      if (key == "persistent" && on && !port.discovery)
        left_out.push_back(section.place(key) + ": a connection is always kept");
      continue;
    }
    const ConnectionOption* const option = option_of(key);
    if (option == nullptr) unknown_key(section, key);
    if (auto text = value_at(section, key, *option))
      port.options.emplace(option->name, *std::move(text));
  }
  port.address = parsed(section.place("traddr"),
                        fabrics_address(text_at(section, "transport"), text_at(section, "traddr"),
                                        given_text(section, "trsvcid"), port.discovery));
  return port;
}

class Reading {
 public:
  HostConfig read(const Json& json) {
    if (!json.is_array())
      damaged(
          "it is no list of hosts: nvme-cli's config.json begins with '[', and is not as the "
          "schema has it");
    std::size_t number = 0;
    for (const auto& host : json) read_host(fmt::format("host {}", ++number), host);
    return std::move(config_);
  }

 private:
  void read_host(const std::string& place, const Json& json) {
    const Section section(place, json);
    HostIdentity host;
    host.nqn = option_text(section, "hostnqn", "host_nqn");
    if (section.has("hostid")) host.id = option_text(section, "hostid", "host_id");
    std::optional<std::string> secret;
    for (const auto& [key, value] : json.items()) {
      if (key == "hostnqn" || key == "hostid" || key == "subsystems") continue;
      if (key == "dhchap_key") {
        secret = value_at(section, key, *option_of(key));
      } else if (key == "hostsymname" || key == "persistent_discovery_ctrl") {
        config_.left_out.push_back(section.place(key) + ": of no use to a connection");
      } else {
        unknown_key(section, key);
      }
    }
    if (!section.has("subsystems")) return;
    if (!section.at("subsystems").is_array())
      damaged("{}: it is no list", section.place("subsystems"));
    std::size_t number = 0;
    for (const auto& subsystem : section.at("subsystems"))
      read_subsystem(fmt::format("{}, subsystem {}", place, ++number), subsystem, host, secret);
  }

  static std::string option_text(const Section& section, std::string_view key,
                                 std::string_view option) {
    return checked(*find_connection_option(option), section.place(key), text_at(section, key));
  }

  void read_subsystem(const std::string& place, const Json& json, const HostIdentity& host,
                      const std::optional<std::string>& secret) {
    const Section section(place, json);
    for (const auto& [key, value] : json.items())
      if (key == "application") {
        config_.left_out.push_back(section.place(key) + ": of no use to a connection");
      } else if (key != "nqn" && key != "ports") {
        unknown_key(section, key);
      }
    const auto text = text_at(section, "nqn");
    const bool discovery = text == Nqn::discovery;
    if (!section.at("ports").is_array() || section.at("ports").empty())
      damaged("{}: it is no list with a port in it", section.place("ports"));

    std::vector<Port> ports;
    for (const auto& port : section.at("ports")) {
      if (++ports_ > most_ports) damaged("{}: there are more than {} ports", place, most_ports);
      const auto where = fmt::format("{}, port {}", place, ports.size() + 1);
      ports.push_back(port_of(Section(where, port), port, discovery, config_.left_out));
    }
    if (std::any_of(ports.begin(), ports.end(), [](const Port& port) { return port.discovery; }))
      return leave_out(place, ports);
    add(place, host, parsed(section.place("nqn"), Nqn::parse(text)), ports, secret);
  }

  void leave_out(const std::string& place, const std::vector<Port>& ports) {
    for (const auto& port : ports)
      config_.left_out.push_back(
          fmt::format("{}: a discovery controller is no connection; mkdir discovery/{}", place,
                      port.address.name()));
  }

  void add(const std::string& place, const HostIdentity& host, Nqn nqn,
           const std::vector<Port>& ports, const std::optional<std::string>& secret) {
    for (const auto& other : config_.subsystems)
      if (other.nqn == nqn)
        damaged("{}: {} stands at {} already, and one connection is all its paths", place,
                nqn.str(), other.place);
    ConfiguredSubsystem subsystem{.place = place, .host = host, .nqn = std::move(nqn)};
    for (const auto& port : ports) {
      auto options = port.options;
      if (secret) options.emplace("dhchap_secret", *secret);
      if (subsystem.addresses.empty()) subsystem.options = options;
      if (options != subsystem.options)
        damaged("{}: the ports differ in {}, and a connection has one for all its paths", place,
                first_difference(options, subsystem.options));
      add_distinct(subsystem.addresses, port.address);
    }
    config_.subsystems.push_back(std::move(subsystem));
  }

  static std::string first_difference(const std::map<std::string, std::string>& one,
                                      const std::map<std::string, std::string>& other) {
    for (const auto& option : connection_options()) {
      const std::string name(option.name);
      const auto here = one.find(name);
      const auto there = other.find(name);
      if ((here == one.end()) != (there == other.end()) ||
          (here != one.end() && here->second != there->second))
        return name;
    }
    return "nothing";
  }

  HostConfig config_;
  std::size_t ports_ = 0;
};

}  // namespace

Result<HostConfig> parse_host_config(std::string_view text) {
  return read_json(
      text, Reason::bad_value, [](const Json& json) { return Reading().read(json); },
      without_quotation);
}

}  // namespace nvmeofs
