// connections/: over the connections of this machine's NVMe host.
#pragma once

#include "fs/branch.h"
#include "fs/connection_attributes.h"

namespace nvmeofs {

// In the directory of a connection: the files of connection_attributes(), and options/ with a file
// for each option that this kernel has, in the order of connection_options().
inline constexpr unsigned options_slot = 0x20;
inline constexpr unsigned first_option_slot = options_slot + 1;

class ConnectionsBranch : public Branch {
 public:
  // The connections outlive it, and every file that was opened.
  ConnectionsBranch(Connections& connections, Owner owner, Trtype default_transport);

  NodeId directory() const override { return connections_node; }
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
  struct File;
  Found<File> file_at(unsigned slot) const;

  Connections& connections_;
  const Owner owner_;
  const Trtype default_transport_;
  const Time began_ = std::chrono::system_clock::now();
};

}  // namespace nvmeofs
