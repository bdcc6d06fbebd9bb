// connections/: over the connections of this machine's NVMe host.
#pragma once

#include "fs/connection_attributes.h"
#include "fs/table_branch.h"

namespace nvmeofs {

struct ConnectionsTable {
  Connections& decides;
  Connections& source;

  static constexpr NodeId directory = connections_node;
  static bool is_below(NodeId node) { return is_below_connections(node); }
  static NodeId node(std::uint64_t serial, unsigned slot) { return connection_node(serial, slot); }
  static auto rows() { return connection_attributes(); }
  static const auto& views(const ConnectionsSnapshot& snapshot) { return snapshot.connections; }
  static Result<ConnectionIntent> make(std::string_view, Trtype) {
    return ConnectionIntent(MakeConnection{});
  }
  static constexpr std::optional<Document> document{
      {host_config_name, host_config_node, 0644, whole_json}};
  static Found<std::string> show_document(const Connections& source, const Connections&) {
    return source.config().map_error([](const Error& error) { return error.errnum; });
  }
  static Result<ConnectionIntent> read_document(std::string_view text) {
    return to_intent<ConnectionIntent>(parse_host_config(text).map(
        [](HostConfig config) { return TakeConfig{std::move(config)}; }));
  }
  static ConnectionIntent remove() { return RemoveConnection{}; }
};

// In the directory of a connection: the files of connection_attributes(), and options/ with a file
// for each option that this kernel has, in the order of connection_options().
inline constexpr unsigned options_slot = 0x20;
inline constexpr unsigned first_option_slot = options_slot + 1;

class ConnectionsBranch : public TableBranch<ConnectionsTable> {
 public:
  ConnectionsBranch(Connections& connections, Owner owner, Trtype default_transport)
      : TableBranch({connections, connections}, owner, default_transport) {}

  Found<NodeId> lookup(NodeId parent, std::string_view name) const override;
  Found<struct stat> attributes(NodeId node) const override;
  Found<std::vector<Entry>> list(NodeId directory) const override;
  Found<std::string> text(NodeId file) const override;
  Found<std::shared_ptr<const WritableFile>> writable(NodeId file) const override;
};

}  // namespace nvmeofs
