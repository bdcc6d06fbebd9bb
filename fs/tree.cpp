#include "fs/tree.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "fs/readme.h"
#include "fs/show.h"

namespace nvmeofs {
namespace {

using Time = std::chrono::system_clock::time_point;

struct Fixed {
  std::string_view name;
  NodeId node;
  mode_t mode;
};

constexpr std::array in_root{
    Fixed{"README", readme_node, S_IFREG | 0444},
    Fixed{"exports", exports_node, S_IFDIR | 0755},
    Fixed{"log", log_node, S_IFREG | 0444},
};

constexpr bool is_fixed(NodeId node) {
  return node < export_node(1);
}
constexpr std::uint64_t serial_of(NodeId node) {
  return node >> 8;
}
constexpr unsigned slot_of(NodeId node) {
  return node & 0xff;
}

// nullptr: no such file, also for the directory itself.
const Attribute* attribute_in(unsigned slot) {
  const auto rows = export_attributes();
  return slot >= 1 && slot <= rows.size() ? &rows[slot - 1] : nullptr;
}

const ExportView* view_of(const Snapshot& snapshot, NodeId node) {
  return is_fixed(node) ? nullptr : snapshot.find(serial_of(node));
}

timespec to_timespec(Time time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {seconds.count(), std::chrono::nanoseconds(since - seconds).count()};
}

struct stat make_stat(NodeId node, mode_t mode, Owner owner, Time changed) {
  struct stat st {};
  st.st_ino = node;
  st.st_mode = mode;
  st.st_nlink = 1;
  st.st_uid = owner.uid;
  st.st_gid = owner.gid;
  st.st_blksize = 4096;
  st.st_atim = st.st_mtim = st.st_ctim = to_timespec(changed);
  return st;
}

void set_size(struct stat& st, std::size_t size) {
  st.st_size = static_cast<off_t>(size);
  st.st_blocks = (st.st_size + 511) / 512;
}

}  // namespace

Tree::Tree(const Engine& engine, Owner owner) : engine_(engine), owner_(owner) {}

Found<NodeId> Tree::lookup(NodeId parent, std::string_view name) const {
  if (parent == root_node) {
    for (const Fixed& entry : in_root)
      if (entry.name == name) return entry.node;
    return tl::unexpected(ENOENT);
  }
  const auto snapshot = engine_.snapshot();
  if (parent == exports_node) {
    const auto found = snapshot->exports.find(std::string(name));
    if (found == snapshot->exports.end()) return tl::unexpected(ENOENT);
    return export_node(found->second.serial);
  }
  if (view_of(*snapshot, parent) == nullptr) {
    return tl::unexpected(parent == readme_node || parent == log_node ? ENOTDIR : ESTALE);
  }
  if (slot_of(parent) != 0) return tl::unexpected(ENOTDIR);
  const auto rows = export_attributes();
  for (unsigned row = 0; row < rows.size(); ++row)
    if (rows[row].name == name) return export_node(serial_of(parent), row + 1);
  return tl::unexpected(ENOENT);
}

Found<struct stat> Tree::attributes(NodeId node) const {
  const auto snapshot = engine_.snapshot();
  if (node == root_node) {
    auto st = make_stat(node, S_IFDIR | 0755, owner_, began_);
    st.st_nlink = 3;
    return st;
  }
  for (const Fixed& entry : in_root) {
    if (entry.node != node) continue;
    Time changed = began_;
    if (node == exports_node) {
      for (const auto& [name, view] : snapshot->exports) changed = std::max(changed, view.made);
    } else if (node == log_node && !snapshot->log.empty()) {
      changed = snapshot->log.back().when;
    }
    auto st = make_stat(node, entry.mode, owner_, changed);
    if (node == exports_node) {
      st.st_nlink = 2 + snapshot->exports.size();
    } else {
      set_size(st, text(node)->size());
    }
    return st;
  }
  const ExportView* view = view_of(*snapshot, node);
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(node) == 0) {
    auto st = make_stat(node, S_IFDIR | 0755, owner_, view->made);
    st.st_nlink = 2;
    return st;
  }
  const Attribute* attribute = attribute_in(slot_of(node));
  if (attribute == nullptr) return tl::unexpected(ESTALE);
  auto st = make_stat(node, S_IFREG | attribute->mode, owner_, view->changed);
  set_size(st, attribute->show(engine_, *view).size());
  return st;
}

Found<std::vector<Entry>> Tree::list(NodeId directory) const {
  const auto snapshot = engine_.snapshot();
  std::vector<Entry> entries{{".", directory, S_IFDIR}};
  if (directory == root_node) {
    entries.push_back({"..", root_node, S_IFDIR});
    for (const Fixed& entry : in_root)
      entries.push_back({std::string(entry.name), entry.node, entry.mode & S_IFMT});
    return entries;
  }
  if (directory == exports_node) {
    entries.push_back({"..", root_node, S_IFDIR});
    for (const auto& [name, view] : snapshot->exports)
      entries.push_back({name, export_node(view.serial), S_IFDIR});
    return entries;
  }
  const ExportView* view = view_of(*snapshot, directory);
  if (view == nullptr || slot_of(directory) != 0) {
    return tl::unexpected(view == nullptr && !is_fixed(directory) ? ESTALE : ENOTDIR);
  }
  entries.push_back({"..", exports_node, S_IFDIR});
  const auto rows = export_attributes();
  for (unsigned row = 0; row < rows.size(); ++row)
    entries.push_back({std::string(rows[row].name), export_node(view->serial, row + 1), S_IFREG});
  return entries;
}

Found<std::string> Tree::text(NodeId file) const {
  if (file == readme_node) return std::string(readme_text());
  const auto snapshot = engine_.snapshot();
  if (file == log_node) return log_text(snapshot->log);
  if (file == root_node || file == exports_node) return tl::unexpected(EISDIR);
  const ExportView* view = view_of(*snapshot, file);
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(file) == 0) return tl::unexpected(EISDIR);
  const Attribute* attribute = attribute_in(slot_of(file));
  if (attribute == nullptr) return tl::unexpected(ESTALE);
  return attribute->show(engine_, *view);
}

Found<ExportFile> Tree::export_file(NodeId node) const {
  if (is_fixed(node)) return tl::unexpected(ENOENT);
  const auto snapshot = engine_.snapshot();
  const ExportView* view = view_of(*snapshot, node);
  if (view == nullptr) return tl::unexpected(ESTALE);
  const Attribute* attribute = attribute_in(slot_of(node));
  if (attribute == nullptr) return tl::unexpected(ENOENT);
  return ExportFile{view->wanted.name.str(), view->serial, attribute};
}

bool Tree::cacheable(NodeId node) {
  if (is_fixed(node)) return node != log_node;
  const Attribute* attribute = attribute_in(slot_of(node));
  return attribute == nullptr || attribute->kind != Kind::report;
}

}  // namespace nvmeofs
