#include "fs/tree.h"

#include <array>
#include <cerrno>
#include <utility>

#include "fs/readme.h"

namespace nvmeofs {
namespace {

struct Fixed {
  std::string_view name;
  NodeId node;
  mode_t type;
};

constexpr std::array in_root{
    Fixed{"README", readme_node, S_IFREG},       Fixed{"connections", connections_node, S_IFDIR},
    Fixed{"discovery", discovery_node, S_IFDIR}, Fixed{"exports", exports_node, S_IFDIR},
    Fixed{"hosts", hosts_node, S_IFDIR},         Fixed{"log", log_node, S_IFREG},
    Fixed{"ports", ports_node, S_IFDIR},
};

}  // namespace

Tree::Tree(Owner owner, std::vector<std::unique_ptr<const Branch>> branches,
           std::function<Log()> log)
    : owner_(owner), branches_(std::move(branches)), log_(std::move(log)) {}

const Branch* Tree::branch_of(NodeId node) const {
  for (const auto& branch : branches_)
    if (branch->has(node)) return branch.get();
  return nullptr;
}

const Branch* Tree::branch_at(NodeId directory) const {
  const Branch* const branch = branch_of(directory);
  return branch != nullptr && branch->is_for_making(directory) ? branch : nullptr;
}

Found<NodeId> Tree::lookup(NodeId parent, std::string_view name) const {
  if (const Branch* branch = branch_of(parent)) return branch->lookup(parent, name);
  if (parent == readme_node || parent == log_node) return tl::unexpected(ENOTDIR);
  if (parent != root_node) return tl::unexpected(ESTALE);
  for (const Fixed& entry : in_root)
    if (entry.name == name) return entry.node;
  return tl::unexpected(ENOENT);
}

Found<struct stat> Tree::attributes(NodeId node) const {
  if (const Branch* branch = branch_of(node)) return branch->attributes(node);
  if (node == root_node) return directory_stat(node, owner_, began_, branches_.size());
  if (node == readme_node) return file_stat(node, 0444, owner_, began_, readme_text().size());
  if (node != log_node) return tl::unexpected(ESTALE);
  const Log log = log_();
  return file_stat(node, 0444, owner_, log.changed.value_or(began_), log.text.size());
}

Found<std::vector<Entry>> Tree::list(NodeId directory) const {
  if (const Branch* branch = branch_of(directory)) return branch->list(directory);
  if (directory != root_node) return tl::unexpected(ENOTDIR);
  std::vector<Entry> entries{{".", root_node, S_IFDIR}, {"..", root_node, S_IFDIR}};
  for (const Fixed& entry : in_root)
    entries.push_back({std::string(entry.name), entry.node, entry.type});
  return entries;
}

void Tree::open_text(NodeId file, TextAnswer answer) const {
  if (const Branch* branch = branch_of(file)) return branch->open_text(file, std::move(answer));
  if (file == readme_node) return answer(std::string(readme_text()));
  if (file == log_node) return answer(log_().text);
  answer(tl::unexpected(file == root_node ? EISDIR : ESTALE));
}

Found<std::shared_ptr<const WritableFile>> Tree::writable(NodeId file) const {
  if (const Branch* branch = branch_of(file)) return branch->writable(file);
  const bool fixed = file == root_node || file == readme_node || file == log_node;
  return tl::unexpected(fixed ? EACCES : ESTALE);
}

bool Tree::cacheable(NodeId node) const {
  const Branch* const branch = branch_of(node);
  return branch != nullptr ? branch->cacheable(node) : node != log_node;
}

}  // namespace nvmeofs
