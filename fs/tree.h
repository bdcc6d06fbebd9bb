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

// A text, and when it came to be as it is; nothing: it has always been so.
struct Text {
  std::string text;
  std::optional<Time> changed;
};

// A file at the root. Its functions are called by any thread.
struct RootText {
  std::string_view name;
  NodeId node = 0;
  bool cacheable = false;  // as Tree::cacheable() has it
  std::function<Text()> text;
  // Of a document, which can be written; nothing: it is only read.
  std::shared_ptr<const WritableFile> document{};
};

// Any thread. Every function looks at the state of that moment.
class Tree {
 public:
  Tree(Owner owner, std::vector<std::unique_ptr<const Branch>> branches,
       std::vector<RootText> texts);

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
  // nullptr: the node is none of them.
  const RootText* text_of(NodeId node) const;

  const Owner owner_;
  const std::vector<std::unique_ptr<const Branch>> branches_;
  const std::vector<RootText> texts_;
  const Time began_ = std::chrono::system_clock::now();
};

}  // namespace nvmeofs
