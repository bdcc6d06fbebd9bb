// hosts/: over the engine. Its directories are those of the hosts that exports name, and those that
// somebody made or wrote something in.
#pragma once

#include <utility>

#include "fs/host_attributes.h"
#include "fs/table_branch.h"

namespace nvmeofs {

// The engine, as far as it decides on hosts.
struct HostsOfEngine {
  Engine& engine;

  std::shared_ptr<const HostsSnapshot> snapshot() const {
    auto all = engine.snapshot();
    return {all, &all->hosts};
  }
  void submit(Request request, Completion completion) const {
    request.about = About::a_host;
    engine.submit(std::move(request), std::move(completion));
  }
};

struct HostsTable {
  HostsOfEngine decides;
  Engine& source;

  static constexpr NodeId directory = hosts_node;
  static bool is_below(NodeId node) { return is_below_hosts(node); }
  static NodeId node(std::uint64_t serial, unsigned slot) { return host_node(serial, slot); }
  static auto rows() { return host_attributes(); }
  bool has(const HostAttribute& attribute) const {
    return attribute.store == nullptr ||
           source.backend().attributes().host.contains(std::string(attribute.name));
  }
  static const auto& views(const HostsSnapshot& snapshot) { return snapshot.views; }
  static constexpr std::optional<Document> document{};
  static Result<Intent> make(std::string_view, Trtype) { return Intent(MakeHost{}); }
  static Intent remove() { return RemoveHost{}; }
};

class HostsBranch : public TableBranch<HostsTable> {
 public:
  HostsBranch(Engine& engine, Owner owner, Trtype default_transport)
      : TableBranch({{engine}, engine}, owner, default_transport) {}
};

}  // namespace nvmeofs
