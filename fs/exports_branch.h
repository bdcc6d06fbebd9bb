// exports/: over the engine.
#pragma once

#include <optional>
#include <string>

#include "fs/export_attributes.h"
#include "fs/export_names.h"
#include "fs/space_attributes.h"
#include "fs/table_branch.h"

namespace nvmeofs {

struct ExportsTable {
  Engine& decides;
  Engine& source;

  static constexpr NodeId directory = exports_node;
  static bool is_below(NodeId node) { return is_below_exports(node); }
  static NodeId node(std::uint64_t serial, unsigned slot) { return export_node(serial, slot); }
  static auto rows() { return export_attributes(); }
  bool has(const ExportAttribute& attribute) const {
    return has_attribute(source.backend().attributes(), attribute);
  }
  static const auto& views(const Snapshot& snapshot) { return snapshot.exports; }
  static Result<Intent> make(std::string_view, Trtype) { return Intent(MakeExport{}); }
  static constexpr std::optional<Document> document{};
  static Intent remove() { return RemoveExport{}; }
};

// namespaces/ of an export.
constexpr NodeId namespaces_node(std::uint64_t serial) {
  return export_node(serial, 0x80);
}

// The files of the table, and namespaces/ with a directory for each namespace.
class ExportsBranch : public TableBranch<ExportsTable> {
 public:
  ExportsBranch(Engine& engine, Owner owner, Trtype default_transport, ExportNames names)
      : TableBranch({engine, engine}, owner, default_transport), names_(std::move(names)) {}

  bool has(NodeId node) const override { return TableBranch::has(node) || is_below_spaces(node); }
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
  void change_access(Caller caller, NodeId node, Access access,
                     Completion completion) const override;

 private:
  // A node of a namespace, at the moment of the call.
  struct OfSpace {
    std::shared_ptr<const Snapshot> snapshot;
    const ExportView* view;
    Nsid nsid;
    const SpaceAttribute* attribute;  // nullptr: its directory

    const Space& space() const { return view->wanted.spaces.at(nsid); }
  };
  // ESTALE: it is gone.
  Found<OfSpace> of_space(NodeId node) const;

  // mkdir and rmdir in namespaces/.
  void submit_space(Caller caller, NodeId in, std::string_view name, const SpaceIntent& intent,
                    Completion completion) const;

  Found<struct stat> attributes_of_all(NodeId node) const;
  // Which export it is of, and its name as AccessOf has it: "" for the directory of an export,
  // "subsystem" for one in it. ESTALE when it is gone, EPERM for exports/ itself.
  struct Named {
    std::shared_ptr<const Snapshot> snapshot;
    const ExportView* view;
    std::string file;
  };
  Found<Named> name_of(NodeId node) const;

  const ExportNames names_;
};

}  // namespace nvmeofs
