// ports/: over the engine. Its directories come with the first export that names an address, and go
// with the last.
#pragma once

#include <cerrno>
#include <utility>

#include "fs/port_attributes.h"
#include "fs/table_branch.h"

namespace nvmeofs {

// The engine, as far as it decides on ports.
struct PortsOfEngine {
  Engine& engine;

  std::shared_ptr<const PortsSnapshot> snapshot() const {
    auto all = engine.snapshot();
    return {all, &all->ports};
  }
  void submit(Request request, Completion completion) const {
    request.about = About::a_port;
    engine.submit(std::move(request), std::move(completion));
  }
};

struct PortsTable {
  PortsOfEngine decides;
  Engine& source;

  static constexpr NodeId directory = ports_node;
  static bool is_below(NodeId node) { return is_below_ports(node); }
  static NodeId node(std::uint64_t serial, unsigned slot) { return port_node(serial, slot); }
  static auto rows() { return port_attributes(); }
  bool has(const PortAttribute& attribute) const {
    const auto* const setting = find_port_setting(attribute.name);
    return setting == nullptr ||
           source.backend().attributes().port.contains(std::string(setting->attribute));
  }
  static const auto& views(const PortsSnapshot& snapshot) { return snapshot.views; }
  static constexpr std::optional<Document> document{};
  static Result<Intent> make(std::string_view, Trtype) {
    return refuse(EPERM, Reason::not_offered,
                  "a port comes with the first export that names its address");
  }
  static Result<Intent> remove() {
    return refuse(EPERM, Reason::not_offered,
                  "a port goes with the last export that names its address");
  }
};

class PortsBranch : public TableBranch<PortsTable> {
 public:
  PortsBranch(Engine& engine, Owner owner, Trtype default_transport)
      : TableBranch({{engine}, engine}, owner, default_transport) {}
};

}  // namespace nvmeofs
