// exports/: over the engine.
#pragma once

#include "fs/branch.h"
#include "fs/export_attributes.h"

namespace nvmeofs {

class ExportsBranch : public Branch {
 public:
  // The engine outlives it, and every file that was opened.
  ExportsBranch(Engine& engine, Owner owner, Trtype default_transport);

  NodeId directory() const override { return exports_node; }
  bool has(NodeId node) const override;
  Found<NodeId> lookup(NodeId parent, std::string_view name) const override;
  Found<struct stat> attributes(NodeId node) const override;
  Found<std::vector<Entry>> list(NodeId directory) const override;
  Found<std::string> text(NodeId file) const override;
  Found<std::shared_ptr<const WritableFile>> writable(NodeId file) const override;
  bool cacheable(NodeId node) const override;
  void make(Caller caller, std::string_view name, Completion completion) const override;
  void remove(Caller caller, std::string_view name, Completion completion) const override;

 private:
  Engine& engine_;
  const Owner owner_;
  const Trtype default_transport_;
  const Time began_ = std::chrono::system_clock::now();
};

}  // namespace nvmeofs
