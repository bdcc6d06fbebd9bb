// ports/: over the engine. Its directories come with the first export that names an address, and go
// with the last.
//
// ana_groups/ of each has a file for every group: those that are in use, or have a state of their
// own, are listed, and the others are there for whoever writes a state before its namespaces come.
//
// referrals/ of each has a directory for each referral, which people make and remove.
#pragma once

#include <cerrno>
#include <functional>
#include <string>
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

// ana_groups/ of a port; the files of its groups come behind it.
constexpr NodeId ana_groups_node(std::uint64_t serial) {
  return port_node(serial, 0x80);
}
constexpr NodeId ana_group_node(std::uint64_t serial, AnaGroup group) {
  return ana_groups_node(serial) + group;
}

// referrals/ of a port.
constexpr NodeId referrals_node(std::uint64_t serial) {
  return port_node(serial, 0x7f);
}

// The files of the table, ana_groups/ and referrals/.
class PortsBranch : public TableBranch<PortsTable> {
 public:
  PortsBranch(Engine& engine, Owner owner, Trtype default_transport)
      : TableBranch({{engine}, engine}, owner, default_transport),
        default_transport_(default_transport) {}

  bool has(NodeId node) const override {
    return TableBranch::has(node) || is_below_referrals(node);
  }
  Found<NodeId> lookup(NodeId parent, std::string_view name) const override;
  Found<struct stat> attributes(NodeId node) const override;
  Found<std::vector<Entry>> list(NodeId directory) const override;
  Found<std::string> text(NodeId file) const override;
  Found<std::shared_ptr<const WritableFile>> writable(NodeId file) const override;
  bool cacheable(NodeId node) const override;
  bool is_for_making(NodeId node) const override;
  void make(Caller caller, NodeId in, std::string_view name, Completion completion) const override;
  void remove(Caller caller, NodeId in, std::string_view name,
              Completion completion) const override;

 private:
  // A node of a referral, at the moment of the call.
  struct OfReferral {
    std::shared_ptr<const PortsSnapshot> snapshot;
    const PortView* port;
    std::string name;

    const ReferralView& view() const { return port->referrals.at(name); }
  };
  // ESTALE: it is gone.
  Found<OfReferral> of_referral(NodeId node) const;

  // mkdir and rmdir in referrals/.
  void submit_referral(Caller caller, NodeId in, std::string_view name,
                       const std::function<Intent(std::string)>& intent,
                       Completion completion) const;

  // As far as it can be said of a port whether this kernel has ANA groups: namespaces have them.
  bool has_groups() const {
    return table_.source.backend().attributes().space.contains("ana_grpid");
  }

  const Trtype default_transport_;
};

}  // namespace nvmeofs
