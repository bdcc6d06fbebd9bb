// The tree: the files at the root, and the branches. Without FUSE.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/branch.h"
#include "fs/node.h"

namespace nvmeofs {

// Any thread. Every function looks at the state of that moment.
class Tree {
 public:
  // `log`: the text of the log, and when it was added to last; nothing: not yet.
  struct Log {
    std::string text;
    std::optional<Time> changed;
  };
  Tree(Owner owner, std::vector<std::unique_ptr<const Branch>> branches, std::function<Log()> log);

  Found<NodeId> lookup(NodeId parent, std::string_view name) const;
  Found<struct stat> attributes(NodeId node) const;
  Found<std::vector<Entry>> list(NodeId directory) const;  // with "." and ".."
  // For an open; as Branch has it.
  void open_text(NodeId file, TextAnswer answer) const;
  // EACCES for what can only be read.
  Found<std::shared_ptr<const WritableFile>> writable(NodeId file) const;
  // Whether the kernel may keep size and times for a while. Not those of a report: they change
  // without anything being written.
  bool cacheable(NodeId node) const;
  // The branch in whose directory people make others; nullptr: nothing is made or removed there.
  const Branch* branch_at(NodeId directory) const;
  // The branch that the node is of; nullptr: of the root itself.
  const Branch* branch_of(NodeId node) const;

 private:
  const Owner owner_;
  const std::vector<std::unique_ptr<const Branch>> branches_;
  const std::function<Log()> log_;
  const Time began_ = std::chrono::system_clock::now();
};

}  // namespace nvmeofs
