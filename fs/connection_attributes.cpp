#include "fs/connection_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "fs/show.h"
#include "nvmeofs/connection_option.h"
#include "nvmeofs/export.h"

namespace nvmeofs {
namespace {

std::string show_address(const Connections&, const ConnectionView& view) {
  std::string text;
  for (const TransportAddress& address : view.wanted.addresses) text += address.uri() + "\n";
  return text;
}

// A host's loop controllers show no address by which one could be known again, and over FC it also
// takes a port of this machine, which a list of addresses does not say.
Result<std::vector<TransportAddress>> reached_by_a_network(std::vector<TransportAddress> written) {
  if (contains(written, TransportAddress::loop()))
    return refuse(EPROTONOSUPPORT, Reason::unknown_transport,
                  "loop is not offered for connections; 'nvme connect -t loop -n NQN' makes one");
  for (const auto& address : written)
    if (address.trtype == Trtype::fc)
      return refuse(EPROTONOSUPPORT, Reason::unknown_transport,
                    "FC is not offered for connections; 'nvme connect -t fc -w HOST-PORT -a {} -n "
                    "NQN' makes one",
                    address.traddr);
  return written;
}

Result<ConnectionIntent> store_address(std::string_view text, const StoreRules& rules) {
  return to_intent<ConnectionIntent>(parse_addresses(text, rules.default_transport)
                                         .and_then(reached_by_a_network)
                                         .map([&](std::vector<TransportAddress> addresses) {
                                           return SetPaths{std::move(addresses), rules.append};
                                         }));
}

std::string show_nqn(const Connections&, const ConnectionView& view) {
  return view.wanted.subsystem().str() + "\n";
}

Result<ConnectionIntent> store_nqn(std::string_view text, const StoreRules&) {
  if (text.empty()) return ConnectionIntent(SetSubsystem{});
  return to_intent<ConnectionIntent>(
      Nqn::parse(text).map([](Nqn nqn) { return SetSubsystem{std::move(nqn)}; }));
}

std::string show_connected(const Connections&, const ConnectionView& view) {
  return view.wanted.connected ? "1\n" : "0\n";
}

Result<ConnectionIntent> store_connected(std::string_view text, const StoreRules&) {
  return to_intent<ConnectionIntent>(
      parse_switch(text, "a disk that is used is no reason not to connect").map([](Switch to) {
        return SetConnected{to.on, to.force};
      }));
}

std::string show_device(const Connections& connections, const ConnectionView& view) {
  std::string text;
  if (const auto devices = connections.devices(view.serial))
    for (const std::string& device : *devices) text += device + "\n";
  return text;
}

std::string show_status(const Connections& connections, const ConnectionView& view) {
  const auto status = connections.status(view.serial);
  return status ? connection_status_text(*status) : std::string();
}

const std::array files{
    ConnectionAttribute{"address", 0644, Kind::list, show_address, store_address,
                        "where the subsystem is served: [transport://]address[:port], one a line"},
    ConnectionAttribute{"nqn", 0644, Kind::value, show_nqn, store_nqn,
                        "the subsystem's NQN; the name of the directory unless written"},
    ConnectionAttribute{"connected", 0644, Kind::value, show_connected, store_connected,
                        "1 connects, 0 disconnects, \"0 force\" although its disks are used"},
    ConnectionAttribute{"device", 0444, Kind::report, show_device, nullptr,
                        "the block devices that it gives us, one a line"},
    ConnectionAttribute{"status", 0444, Kind::report, show_status, nullptr,
                        "the state of each path, and the last refusal"},
};

constexpr std::string_view options_directory = "options";

ConnectionAttribute row_of(const ConnectionOption& option) {
  const auto show = [&option](const Connections&, const ConnectionView& view) {
    const auto found = view.wanted.options.find(std::string(option.name));
    const bool set = found != view.wanted.options.end();
    if (!set && !option.secret()) return std::string();
    return shown(option, set ? std::optional(found->second) : std::nullopt) + "\n";
  };
  const auto store = [&option](std::string_view text, const StoreRules&) {
    SetOption set{std::string(option.name), std::nullopt};
    if (text.empty()) return Result<ConnectionIntent>(std::move(set));
    return to_intent<ConnectionIntent>(check(option, text).map([&](std::string canonical) {
      set.value = std::move(canonical);
      return std::move(set);
    }));
  };
  return {fmt::format("{}/{}", options_directory, option.name),
          static_cast<mode_t>(option.secret() ? 0600 : 0644),
          Kind::value,
          show,
          store,
          option.token,
          option.secret()};
}

std::vector<ConnectionAttribute> make_rows() {
  std::vector<ConnectionAttribute> rows(files.begin(), files.end());
  for (const auto& option : connection_options()) rows.push_back(row_of(option));
  return rows;
}

}  // namespace

std::span<const ConnectionAttribute> connection_attributes() {
  static const auto rows = make_rows();
  return rows;
}

bool has_option(const Connections& connections, const ConnectionAttribute& attribute) {
  if (attribute.directory() != options_directory) return true;
  const auto names = connections.options();
  return std::find(names.begin(), names.end(), attribute.file()) != names.end();
}

}  // namespace nvmeofs
