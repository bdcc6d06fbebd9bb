// discovery/: over the discovery controllers of other machines.
#pragma once

#include "fs/branch.h"
#include "fs/discovery_attributes.h"

namespace nvmeofs {

class DiscoveryBranch : public Branch {
 public:
  // Both outlive it, and every file that was opened.
  DiscoveryBranch(Discoveries& discoveries, Connections& connections, Owner owner,
                  Trtype default_transport);

  NodeId directory() const override { return discovery_node; }
  bool has(NodeId node) const override;
  Found<NodeId> lookup(NodeId parent, std::string_view name) const override;
  Found<struct stat> attributes(NodeId node) const override;
  Found<std::vector<Entry>> list(NodeId directory) const override;
  Found<std::string> text(NodeId file) const override;
  void open_text(NodeId file, TextAnswer answer) const override;
  Found<std::shared_ptr<const WritableFile>> writable(NodeId file) const override;
  bool cacheable(NodeId node) const override;
  void make(Caller caller, std::string_view name, Completion completion) const override;
  void remove(Caller caller, std::string_view name, Completion completion) const override;

 private:
  Discoveries& discoveries_;
  Connections& connections_;
  const Owner owner_;
  const Trtype default_transport_;
  const Time began_ = std::chrono::system_clock::now();
};

}  // namespace nvmeofs
