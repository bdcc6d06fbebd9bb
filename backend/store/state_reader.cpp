#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "nvmeofs/text.h"
#include "store/checksum.h"
#include "store/json_syntax.h"
#include "store/state_keys.h"
#include "store/state_text.h"
#include "store/utc_time.h"

namespace nvmeofs {

namespace {

using Json = nlohmann::json;

// What is wrong; thrown and caught in this file only.
struct Damage {
  std::string what;
};

template <class... Args>
[[noreturn]] void damaged(fmt::format_string<Args...> text, Args&&... args) {
  throw Damage{fmt::format(text, std::forward<Args>(args)...)};
}

// The value of what the model parsed, or its sentence with the place before it.
template <class T>
T parsed(const std::string& place, Result<T> result) {
  if (!result) damaged("{}: {}", place, printable(result.error().message));
  return *std::move(result);
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

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

std::string bytes_of(const std::string& place, std::string_view hex) {
  if (hex.size() % 2 != 0 || !std::all_of(hex.begin(), hex.end(), is_hex))
    damaged("{}: the bytes are no hexadecimal digits in lower case", place);
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  return bytes;
}

std::string text_of(const std::string& place, const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.size() == 1 && value.contains("bytes") &&
      value["bytes"].is_string())
    return bytes_of(place, value["bytes"].get_ref<const std::string&>());
  damaged("{}: it is no text", place);
}

// An object of the file, which knows its place there.
class Section {
 public:
  Section(std::string place, const Json& value) : place_(std::move(place)), value_(value) {
    if (!value_.is_object()) damaged("{}: it is no object", place_);
  }

  std::string place(std::string_view key) const {
    return fmt::format("{}, \"{}\"", place_, printable(key));
  }
  bool has(std::string_view key) const { return value_.contains(key); }
  const Json& at(std::string_view key) const {
    const auto found = value_.find(key);
    if (found == value_.end()) damaged("{}: it is missing", place(key));
    return *found;
  }
  std::string text(std::string_view key) const { return text_of(place(key), at(key)); }
  bool boolean(std::string_view key) const {
    if (!at(key).is_boolean()) damaged("{}: it is true or false", place(key));
    return at(key).get<bool>();
  }
  std::uint64_t number(std::string_view key) const {
    if (!at(key).is_number_unsigned()) damaged("{}: it is a number", place(key));
    return at(key).get<std::uint64_t>();
  }
  std::vector<std::string> texts(std::string_view key) const {
    if (!at(key).is_array()) damaged("{}: it is no list", place(key));
    std::vector<std::string> list;
    for (const auto& value : at(key)) list.push_back(text_of(place(key), value));
    return list;
  }
  Json unknown(const std::set<std::string_view>& known) const {
    Json rest = Json::object();
    for (const auto& [key, value] : value_.items())
      if (!known.contains(key)) rest[key] = value;
    return rest;
  }

 private:
  std::string place_;
  const Json& value_;
};

TransportAddress address_of(const std::string& place, const std::string& text) {
  // What is written without a transport depends on an option of the program.
  if (text.find("://") == std::string::npos)
    damaged("{}: '{}' is no transport://host:service", place, printable(text));
  return parsed(place, TransportAddress::parse(text, Trtype::rdma));
}

std::vector<TransportAddress> addresses_of(const Section& section) {
  std::vector<TransportAddress> addresses;
  for (const auto& text : section.texts("addresses")) {
    auto address = address_of(section.place("addresses"), text);
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end())
      damaged("{}: {} stands there twice", section.place("addresses"), address.uri());
    addresses.push_back(std::move(address));
  }
  return addresses;
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
  const auto take_uuid = [&](std::string_view key) {
    auto text = section.text(key);
    if (!is_uuid(text))
      damaged("{}: it is hexadecimal digits in lower case, 8-4-4-4-12", section.place(key));
    return text;
  };
  return Identity{take("serial", 20), take("model", 40), take_uuid("uuid"), take_uuid("nguid")};
}

std::string boot_id_of(const Section& section, std::string_view key) {
  auto id = section.text(key);
  if (!id.empty() && !is_uuid(id)) damaged("{}: it is no boot id", section.place(key));
  return id;
}

ServedDisk served_of(const Section& section) {
  return {boot_id_of(section, "boot"), section.text("appearance"), section.number("bytes")};
}

StoredExport export_of(const std::string& name, const Section& section) {
  Export wanted{parsed(fmt::format("export {}", printable(name)), Nqn::parse(name)),
                {},
                {},
                false,
                {},
                {},
                false,
                {}};
  if (section.has("device"))
    wanted.device = parsed(section.place("device"), DevicePath::parse(section.text("device")));
  if (section.has("disk")) wanted.disk.text = section.text("disk");
  wanted.has_served = section.boolean("has_served");
  wanted.addresses = addresses_of(section);
  wanted.hosts = hosts_of(section);
  wanted.enabled = section.boolean("enabled");
  wanted.identity = identity_of(section);
  const auto made = parse_utc(section.text("made"));
  if (!made) damaged("{}: it is no time as in 2026-07-01T10:19:12Z", section.place("made"));
  StoredExport stored{std::move(wanted), *made};
  if (section.has("served"))
    stored.served = served_of(Section(section.place("served"), section.at("served")));
  return stored;
}

// A host takes two disks of one identity for two ways to one disk, and mixes their blocks.
void compare_identities(const StoredState& state) {
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> seen;
  for (const auto& [name, stored] : state.exports) {
    const auto& identity = stored.wanted.identity;
    for (const auto& [key, value] :
         {std::pair<std::string_view, std::string_view>("serial", identity.serial),
          {"uuid", identity.uuid},
          {"nguid", identity.nguid}}) {
      // All zeros: it has none.
      if (key != "serial" && value.find_first_not_of("0-") == std::string_view::npos) continue;
      const auto [other, is_new] = seen.emplace(std::pair(key, value), name);
      if (!is_new)
        damaged("exports {} and {} have the same \"{}\"; hosts would take them for one disk",
                other->second, name, key);
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

std::uint64_t generation_of(const Section& file) {
  const auto generation = file.number("generation");
  if (generation > max_generation)
    damaged("{}: {} is too large", file.place("generation"), generation);
  return generation;
}

// Format and version before all else: of another one nothing else is known, the checksum included.
void check_version(const Section& file) {
  if (!file.has("format") || file.at("format") != Json(format_mark))
    damaged("it is no state of nvmeofs: \"format\" is not \"{}\"", format_mark);
  const auto version = file.number("version");
  if (version == 0) damaged("{}: it is a number from 1 on", file.place("version"));
  if (version > state_version)
    damaged("a newer nvmeofs wrote it: version {}, and this program reads {}", version,
            state_version);
}

void check_checksum(const Section& file, const Json& json) {
  if (!file.has("crc32")) return;
  Json rest = json;
  rest.erase("crc32");
  const auto expected = checksum(rest.dump());
  if (file.at("crc32") != Json(expected))
    damaged(
        "it is damaged, or was edited: \"crc32\" is not {}. Of an edit that is meant, delete the "
        "line \"crc32\"",
        expected);
}

StateText content_of(const Json& json) {
  if (!json.is_object()) damaged("it is no JSON object");
  const Section file("at the top", json);
  check_version(file);
  check_checksum(file, json);

  StateText content;
  content.generation = generation_of(file);
  Json unknown = file.unknown(top_keys);
  const Section exports("at the top, \"exports\"", file.at("exports"));
  for (const auto& [name, value] : file.at("exports").items()) {
    const Section section(fmt::format("export {}", printable(name)), value);
    content.state.exports.emplace(name, export_of(name, section));
    if (auto rest = section.unknown(export_keys); !rest.empty())
      unknown["exports"][name] = std::move(rest);
  }
  compare_identities(content.state);
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
  if (auto error = syntax_error(text))
    return refuse(EINVAL, Reason::state_unreadable, "{}", *error);
  try {
    return content_of(Json::parse(text));
  } catch (const Damage& damage) {
    return refuse(EINVAL, Reason::state_unreadable, "{}", damage.what);
  } catch (const Json::exception& exception) {
    return refuse(EINVAL, Reason::state_unreadable, "{}", printable(exception.what()));
  }
}

Result<void> check_identities(const StoredState& state) {
  try {
    compare_identities(state);
    return {};
  } catch (const Damage& damage) {
    return refuse(EINVAL, Reason::not_saved, "it could not be read again: {}", damage.what);
  }
}

}  // namespace nvmeofs
