#include "fs/tree.h"

#include <array>
#include <cerrno>
#include <utility>

namespace nvmeofs {
namespace {

struct Fixed {
  std::string_view name;
  NodeId node;
};

constexpr std::array directories{
    Fixed{"connections", connections_node},
    Fixed{"discovery", discovery_node},
    Fixed{"exports", exports_node},
    Fixed{"hosts", hosts_node},
    Fixed{"ports", ports_node},
};

}  // namespace

Tree::Tree(Owner owner, std::vector<std::unique_ptr<const Branch>> branches,
           std::vector<RootText> texts)
    : owner_(owner), branches_(std::move(branches)), texts_(std::move(texts)) {}

const Branch* Tree::branch_of(NodeId node) const {
  for (const auto& branch : branches_)
    if (branch->has(node)) return branch.get();
  return nullptr;
}

const Branch* Tree::branch_at(NodeId directory) const {
  const Branch* const branch = branch_of(directory);
  return branch != nullptr && branch->is_for_making(directory) ? branch : nullptr;
}

const RootText* Tree::text_of(NodeId node) const {
  for (const RootText& text : texts_)
    if (text.node == node) return &text;
  return nullptr;
}

Found<NodeId> Tree::lookup(NodeId parent, std::string_view name) const {
  if (const Branch* branch = branch_of(parent)) return branch->lookup(parent, name);
  if (text_of(parent) != nullptr) return tl::unexpected(ENOTDIR);
  if (parent != root_node) return tl::unexpected(ESTALE);
  for (const Fixed& entry : directories)
    if (entry.name == name) return entry.node;
  for (const RootText& entry : texts_)
    if (entry.name == name) return entry.node;
  return tl::unexpected(ENOENT);
}

Found<struct stat> Tree::attributes(NodeId node) const {
  if (const Branch* branch = branch_of(node)) return branch->attributes(node);
  if (node == root_node) return directory_stat(node, owner_, began_, branches_.size());
  const RootText* const file = text_of(node);
  if (file == nullptr) return tl::unexpected(ESTALE);
  const Text now = file->text();
  return file_stat(node, file->document ? 0644 : 0444, owner_, now.changed.value_or(began_),
                   now.text.size());
}

Found<std::vector<Entry>> Tree::list(NodeId directory) const {
  if (const Branch* branch = branch_of(directory)) return branch->list(directory);
  if (directory != root_node) return tl::unexpected(ENOTDIR);
  std::vector<Entry> entries{{".", root_node, S_IFDIR}, {"..", root_node, S_IFDIR}};
  for (const Fixed& entry : directories)
    entries.push_back({std::string(entry.name), entry.node, S_IFDIR});
  for (const RootText& entry : texts_)
    entries.push_back({std::string(entry.name), entry.node, S_IFREG});
  return entries;
}

void Tree::open_text(NodeId file, TextAnswer answer) const {
  if (const Branch* branch = branch_of(file)) return branch->open_text(file, std::move(answer));
  if (const RootText* text = text_of(file)) return answer(text->text().text);
  answer(tl::unexpected(file == root_node ? EISDIR : ESTALE));
}

Found<std::shared_ptr<const WritableFile>> Tree::writable(NodeId file) const {
  if (const Branch* branch = branch_of(file)) return branch->writable(file);
  const RootText* const text = text_of(file);
  if (text != nullptr && text->document) return text->document;
  return tl::unexpected(file == root_node || text != nullptr ? EACCES : ESTALE);
}

bool Tree::cacheable(NodeId node) const {
  if (const Branch* branch = branch_of(node)) return branch->cacheable(node);
  const RootText* const text = text_of(node);
  return text == nullptr || text->cacheable;
}

}  // namespace nvmeofs
