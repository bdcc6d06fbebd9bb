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
  bool has(const ConnectionAttribute& attribute) const { return has_option(source, attribute); }
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

class ConnectionsBranch : public TableBranch<ConnectionsTable> {
 public:
  ConnectionsBranch(Connections& connections, Owner owner, Trtype default_transport)
      : TableBranch({connections, connections}, owner, default_transport) {}
};

}  // namespace nvmeofs
