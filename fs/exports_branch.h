// exports/: over the engine.
#pragma once

#include <optional>
#include <string>

#include "fs/export_attributes.h"
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

class ExportsBranch : public TableBranch<ExportsTable> {
 public:
  ExportsBranch(Engine& engine, Owner owner, Trtype default_transport)
      : TableBranch({engine, engine}, owner, default_transport) {}

  Found<struct stat> attributes(NodeId node) const override;
  void change_access(Caller caller, NodeId node, Access access,
                     Completion completion) const override;

 private:
  // As AccessOf has it: "" for the directory of an export, "subsystem" for one in it. Nothing: it
  // is of no export.
  std::optional<std::string> name_of(NodeId node) const;
};

}  // namespace nvmeofs
