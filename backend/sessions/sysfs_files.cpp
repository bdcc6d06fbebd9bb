#include "sysfs_files.h"

#include <algorithm>
#include <boost/filesystem.hpp>
#include <charconv>
#include <string_view>

#include "tables/first_line.h"

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;

// What cannot be read is not there.
std::string text_of(const fs::path& file) {
  return first_line(file).value_or("");
}

template <class Visitor>
void each_directory(const fs::path& folder, Visitor visit) {
  boost::system::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    boost::system::error_code gone;
    if (fs::is_directory(entry->path(), gone)) visit(entry->path());
  }
}

// Of "traddr=nn-0x1:pn-0x2,host_traddr=nn-0x3:pn-0x4".
std::string part_of(std::string_view address, std::string_view key) {
  while (!address.empty()) {
    const std::string_view part = address.substr(0, address.find(','));
    if (part.starts_with(key) && part.substr(key.size()).starts_with('='))
      return std::string(part.substr(key.size() + 1));
    address.remove_prefix(std::min(part.size() + 1, address.size()));
  }
  return "";
}

// Port ids are what the kernel takes for a number: "1", "01" and "0x1" are all 1.
std::optional<unsigned> port_id(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const bool octal = !hex && text.size() > 1 && text.starts_with('0');
  if (hex) text.remove_prefix(2);
  unsigned id = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), id, hex ? 16 : (octal ? 8 : 10));
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return id;
}

// Of several ports with one id (which the kernel does not refuse), one that serves the subsystem.
TransportAddress address_by_id(const Target& target, const std::string& subsystem,
                               std::string_view id) {
  const auto wanted = port_id(id);
  for (const auto& [name, port] : target.ports) {
    if (!wanted || port_id(name) != wanted || !port.subsystems.contains(subsystem)) continue;
    if (const auto address = address_of(port)) return *address;
  }
  return {};
}

}  // namespace

std::set<std::uint16_t> tcp_services(const std::string& configfs) {
  std::set<std::uint16_t> services;
  each_directory(fs::path(configfs) / "ports", [&](const fs::path& port) {
    const auto address =
        TransportAddress::from_port(text_of(port / "addr_trtype"), text_of(port / "addr_adrfam"),
                                    text_of(port / "addr_traddr"), text_of(port / "addr_trsvcid"));
    if (address && address->trtype == Trtype::tcp) services.insert(address->trsvcid);
  });
  return services;
}

std::optional<std::vector<Client>> debugfs_clients(const std::string& debugfs, const Target& target,
                                                   const std::string& subsystem) {
  boost::system::error_code error;
  if (!fs::is_directory(debugfs, error)) return std::nullopt;
  std::vector<Client> clients;
  each_directory(fs::path(debugfs) / subsystem, [&](const fs::path& controller) {
    if (!controller.filename().string().starts_with("ctrl")) return;
    Client client;
    client.address = address_by_id(target, subsystem, text_of(controller / "port"));
    client.peer = text_of(controller / "host_traddr");
    client.host_nqn = text_of(controller / "hostnqn");
    client.source = "debugfs";
    // A controller that ended while it was read has left its files empty.
    if (fs::is_directory(controller, error)) clients.push_back(std::move(client));
  });
  return clients;
}

std::vector<Client> own_clients(const std::string& controllers, const Target& target,
                                const std::string& subsystem) {
  std::vector<TransportAddress> served;
  for (const auto& [id, port] : target.ports)
    if (const auto address = address_of(port); address && port.subsystems.contains(subsystem))
      if (address->trtype == Trtype::loop || address->trtype == Trtype::fc)
        add_distinct(served, *address);
  std::vector<Client> clients;
  if (served.empty()) return clients;
  each_directory(controllers, [&](const fs::path& controller) {
    if (text_of(controller / "subsysnqn") != subsystem) return;
    const std::string transport = text_of(controller / "transport");
    const bool fc = transport == "fc";
    const std::string reached = fc ? text_of(controller / "address") : "";
    // A loop controller may have an address, which means nothing.
    const auto address =
        TransportAddress::from_port(transport, transport, part_of(reached, "traddr"), "");
    if (!address || !contains(served, *address)) return;
    clients.push_back({.address = *address,
                       .peer = fc ? part_of(reached, "host_traddr") : "localhost",
                       .host_nqn = text_of(controller / "hostnqn"),
                       .source = "sysfs"});
  });
  return clients;
}

}  // namespace nvmeofs
