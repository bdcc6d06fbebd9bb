// The tree over a snapshot: numbers, names, attributes and texts, without FUSE.
//
// A node id is the inode number: the four fixed ones, and (serial << 8) | slot below exports/,
// where slot 0 is the export's directory and slot n its n-th file. Serials are never given twice,
// so an id never comes to mean something else, and the kernel's forgetting needs no book-keeping.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "fs/attributes.h"
#include "nvmeofs/engine.h"

namespace nvmeofs {

using NodeId = std::uint64_t;

inline constexpr NodeId root_node = 1;
inline constexpr NodeId readme_node = 2;
inline constexpr NodeId exports_node = 3;
inline constexpr NodeId log_node = 4;

constexpr NodeId export_node(std::uint64_t serial, unsigned slot = 0) {
  return serial << 8 | slot;
}

// A value, or the errno that says why there is none: ESTALE for a node that is no more.
template <class T>
using Found = tl::expected<T, int>;

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

struct Entry {
  std::string name;
  NodeId node = 0;
  mode_t type = 0;  // S_IFDIR or S_IFREG
};

// An attribute of an export that exists.
struct ExportFile {
  std::string name;  // of the export
  std::uint64_t serial = 0;
  const Attribute* attribute = nullptr;
};

// Every function may be called from any thread, and looks at the snapshot of that moment.
class Tree {
 public:
  Tree(const Engine& engine, Owner owner);

  Found<NodeId> lookup(NodeId parent, std::string_view name) const;
  Found<struct stat> attributes(NodeId node) const;
  Found<std::vector<Entry>> list(NodeId directory) const;  // with "." and ".."
  Found<std::string> text(NodeId file) const;
  // ENOENT for what is no file of an export.
  Found<ExportFile> export_file(NodeId node) const;

  // Whether the kernel may keep size and times for a while. Not those of a report: they change
  // without anything being written.
  static bool cacheable(NodeId node);

 private:
  const Engine& engine_;
  const Owner owner_;
  const std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();
};

}  // namespace nvmeofs
