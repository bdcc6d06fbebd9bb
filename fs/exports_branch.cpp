#include "fs/exports_branch.h"

#include <utility>

namespace nvmeofs {

Found<struct stat> ExportsBranch::attributes(NodeId node) const {
  auto st = TableBranch::attributes(node);
  const auto file = name_of(node);
  if (!st || !file) return st;
  const auto snapshot = table_.decides.snapshot();
  const ExportView* view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  const auto found = view->access.find(*file);
  if (found == view->access.end()) return st;
  const Access& access = found->second;
  st->st_uid = access.uid.value_or(st->st_uid);
  st->st_gid = access.gid.value_or(st->st_gid);
  if (access.mode) st->st_mode = (st->st_mode & S_IFMT) | *access.mode;
  return st;
}

void ExportsBranch::change_access(Caller caller, NodeId node, Access access,
                                  Completion completion) const {
  const auto file = name_of(node);
  if (!file)
    return completion(refuse(EPERM, Reason::not_offered,
                             "exports/ itself belongs to who mounted it, or as the mount options "
                             "uid=, gid= and umask= say"));
  const auto snapshot = table_.decides.snapshot();
  const auto name = snapshot->names.find(serial_of(node));
  if (name == snapshot->names.end())
    return completion(refuse(ESTALE, Reason::gone, "the export was removed"));
  table_.decides.submit(
      {std::move(caller), name->second, serial_of(node), *file, "", Intent(SetAccess{access})},
      std::move(completion));
}

std::optional<std::string> ExportsBranch::name_of(NodeId node) const {
  if (is_fixed(node)) return std::nullopt;
  if (const auto directory = directory_in(slot_of(node))) return std::string(*directory);
  const Attribute* const attribute = attribute_in(slot_of(node));
  return attribute != nullptr ? std::optional<std::string>(attribute->name) : std::nullopt;
}

}  // namespace nvmeofs
