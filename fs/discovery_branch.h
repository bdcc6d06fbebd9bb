// discovery/: over the discovery controllers of other machines.
#pragma once

#include "fs/discovery_attributes.h"
#include "fs/table_branch.h"

namespace nvmeofs {

struct DiscoveryTable {
  Discoveries& decides;
  Connections& source;

  static constexpr NodeId directory = discovery_node;
  static bool is_below(NodeId node) { return is_below_discovery(node); }
  static NodeId node(std::uint64_t serial, unsigned slot) {
    return discovery_node_of(serial, slot);
  }
  static auto rows() { return discovery_attributes(); }
  static const auto& views(const DiscoveriesSnapshot& snapshot) { return snapshot.discoveries; }
  static Result<DiscoveryIntent> make(std::string_view name, Trtype default_transport);
  static constexpr std::optional<Document> document{
      {discovery_conf_name, discovery_conf_node, 0644, whole_lines}};
  static Found<std::string> show_document(const Connections&, const Discoveries& decides);
  static Result<DiscoveryIntent> read_document(std::string_view text);
  static DiscoveryIntent remove() { return RemoveDiscovery{}; }
};

class DiscoveryBranch : public TableBranch<DiscoveryTable> {
 public:
  DiscoveryBranch(Discoveries& discoveries, Connections& connections, Owner owner,
                  Trtype default_transport)
      : TableBranch({discoveries, connections}, owner, default_transport) {}

  void open_text(NodeId file, TextAnswer answer) const override;
};

}  // namespace nvmeofs
