#include "fs/exports_branch.h"

#include <fmt/format.h>

#include <utility>

namespace nvmeofs {
namespace {

constexpr std::string_view namespaces_name = "namespaces";

bool is_namespaces(NodeId node) {
  return is_below_exports(node) && node == namespaces_node(serial_of(node));
}

const SpaceAttribute* space_attribute_in(unsigned slot) {
  const auto rows = space_attributes();
  return slot >= 1 && slot <= rows.size() ? &rows[slot - 1] : nullptr;
}

std::string directory_of(Nsid nsid) {
  return fmt::format("{}/{}", namespaces_name, nsid);
}

// One for the directory of a namespace and for all that is in it.
AccessOf access_of_all(Nsid nsid, const Access& access) {
  const std::string directory = directory_of(nsid);
  AccessOf all{{directory, access}};
  for (const SpaceAttribute& attribute : space_attributes())
    all.emplace(fmt::format("{}/{}", directory, attribute.name), access);
  return all;
}

class SpaceFile : public WritableFile {
 public:
  SpaceFile(Engine& engine, const ExportView& view, Nsid nsid, const SpaceAttribute& attribute)
      : engine_(engine),
        name_(view.wanted.name.str()),
        serial_(view.serial),
        space_(view.spaces.at(nsid).serial),
        nsid_(nsid),
        attribute_(attribute) {}

  Kind kind() const override { return attribute_.kind; }

  void store(Caller caller, std::string recorded, const Result<WrittenValue>& value,
             Completion completion) const override {
    auto intent = value.and_then([&](const WrittenValue& written) {
      return attribute_.store(written.text, {.append = written.append})
          .map([&](const SpaceIntent& of) { return of(nsid_); });
    });
    engine_.submit({.caller = std::move(caller),
                    .name = name_,
                    .serial = serial_,
                    .file = fmt::format("{}/{}", directory_of(nsid_), attribute_.name),
                    .value = std::move(recorded),
                    .intent = std::move(intent),
                    .space = space_},
                   std::move(completion));
  }

 private:
  Engine& engine_;
  const std::string name_;
  const std::uint64_t serial_;
  const std::uint64_t space_;
  const Nsid nsid_;
  const SpaceAttribute& attribute_;
};

}  // namespace

Found<ExportsBranch::OfSpace> ExportsBranch::of_space(NodeId node) const {
  OfSpace found{table_.decides.snapshot(), nullptr, 0, space_attribute_in(slot_of(node))};
  const auto place = found.snapshot->spaces.find(serial_of(node));
  if (place == found.snapshot->spaces.end()) return tl::unexpected(ESTALE);
  if (slot_of(node) != 0 && found.attribute == nullptr) return tl::unexpected(ESTALE);
  found.view = &found.snapshot->exports.at(place->second.name);
  found.nsid = place->second.nsid;
  return found;
}

Found<NodeId> ExportsBranch::lookup(NodeId parent, std::string_view name) const {
  if (parent == exports_node) {
    const auto snapshot = table_.decides.snapshot();
    const std::string* const nqn = names_.nqn_of(name, snapshot->exports);
    if (nqn == nullptr) return tl::unexpected(ENOENT);
    return export_node(snapshot->exports.at(*nqn).serial);
  }
  if (is_below_spaces(parent)) {
    const auto found = of_space(parent);
    if (!found) return tl::unexpected(found.error());
    if (found->attribute != nullptr) return tl::unexpected(ENOTDIR);
    const auto rows = space_attributes();
    for (unsigned row = 0; row < rows.size(); ++row)
      if (rows[row].name == name && has_attribute(table_.source.backend().attributes(), rows[row]))
        return space_node(serial_of(parent), row + 1);
    return tl::unexpected(ENOENT);
  }
  if (is_namespaces(parent)) {
    const auto snapshot = table_.decides.snapshot();
    const auto* view = snapshot->find(serial_of(parent));
    if (view == nullptr) return tl::unexpected(ESTALE);
    const auto nsid = parse_nsid(name);
    const auto space = nsid ? view->spaces.find(*nsid) : view->spaces.end();
    if (space == view->spaces.end()) return tl::unexpected(ENOENT);
    return space_node(space->second.serial);
  }
  const bool of_export = !is_fixed(parent) && slot_of(parent) == 0;
  if (of_export && name == namespaces_name && table_.decides.snapshot()->find(serial_of(parent)))
    return namespaces_node(serial_of(parent));
  return TableBranch::lookup(parent, name);
}

Found<struct stat> ExportsBranch::attributes_of_all(NodeId node) const {
  if (is_below_spaces(node)) {
    const auto found = of_space(node);
    if (!found) return tl::unexpected(found.error());
    if (found->attribute == nullptr)
      return directory_stat(node, owner_, found->view->spaces.at(found->nsid).made, 0);
    return file_stat(node, found->attribute->mode, owner_, found->view->changed,
                     found->attribute->show(table_.source, found->space()).size());
  }
  if (is_namespaces(node)) {
    const auto snapshot = table_.decides.snapshot();
    const auto* view = snapshot->find(serial_of(node));
    if (view == nullptr) return tl::unexpected(ESTALE);
    Time changed = view->made;
    for (const auto& [nsid, space] : view->spaces) changed = std::max(changed, space.made);
    return directory_stat(node, owner_, changed, view->spaces.size());
  }
  auto st = TableBranch::attributes(node);
  if (st && !is_fixed(node) && slot_of(node) == 0) ++st->st_nlink;  // namespaces/
  return st;
}

Found<struct stat> ExportsBranch::attributes(NodeId node) const {
  auto st = attributes_of_all(node);
  const auto named = name_of(node);
  if (!st || !named) return st;
  const auto found = named->view->access.find(named->file);
  if (found == named->view->access.end()) return st;
  const Access& access = found->second;
  st->st_uid = access.uid.value_or(st->st_uid);
  st->st_gid = access.gid.value_or(st->st_gid);
  if (access.mode) st->st_mode = (st->st_mode & S_IFMT) | *access.mode;
  return st;
}

Found<std::vector<Entry>> ExportsBranch::list(NodeId directory) const {
  std::vector<Entry> entries{{".", directory, S_IFDIR}};
  if (is_below_spaces(directory)) {
    const auto found = of_space(directory);
    if (!found) return tl::unexpected(found.error());
    if (found->attribute != nullptr) return tl::unexpected(ENOTDIR);
    entries.push_back({"..", namespaces_node(found->view->serial), S_IFDIR});
    const auto rows = space_attributes();
    for (unsigned row = 0; row < rows.size(); ++row)
      if (has_attribute(table_.source.backend().attributes(), rows[row]))
        entries.push_back({rows[row].name, space_node(serial_of(directory), row + 1), S_IFREG});
    return entries;
  }
  if (is_namespaces(directory)) {
    const auto snapshot = table_.decides.snapshot();
    const auto* view = snapshot->find(serial_of(directory));
    if (view == nullptr) return tl::unexpected(ESTALE);
    entries.push_back({"..", export_node(view->serial), S_IFDIR});
    for (const auto& [nsid, space] : view->spaces)
      entries.push_back({std::to_string(nsid), space_node(space.serial), S_IFDIR});
    return entries;
  }
  auto all = TableBranch::list(directory);
  if (all && directory == exports_node) {
    const auto snapshot = table_.decides.snapshot();
    for (Entry& entry : *all) entry.name = names_.name_of(entry.name, snapshot->exports);
  }
  if (all && !is_fixed(directory) && slot_of(directory) == 0)
    all->push_back({std::string(namespaces_name), namespaces_node(serial_of(directory)), S_IFDIR});
  return all;
}

Found<std::string> ExportsBranch::text(NodeId file) const {
  if (is_namespaces(file)) return tl::unexpected(EISDIR);
  if (!is_below_spaces(file)) return TableBranch::text(file);
  const auto found = of_space(file);
  if (!found) return tl::unexpected(found.error());
  if (found->attribute == nullptr) return tl::unexpected(EISDIR);
  return found->attribute->show(table_.source, found->space());
}

Found<std::shared_ptr<const WritableFile>> ExportsBranch::writable(NodeId file) const {
  if (!is_below_spaces(file)) return TableBranch::writable(file);
  const auto found = of_space(file);
  if (!found) return tl::unexpected(found.error());
  if (found->attribute == nullptr || found->attribute->store == nullptr)
    return tl::unexpected(EACCES);
  return std::make_shared<const SpaceFile>(table_.decides, *found->view, found->nsid,
                                           *found->attribute);
}

bool ExportsBranch::cacheable(NodeId node) const {
  if (is_below_spaces(node)) {
    const auto* const attribute = space_attribute_in(slot_of(node));
    return attribute == nullptr || attribute->store != nullptr;
  }
  return TableBranch::cacheable(node);
}

bool ExportsBranch::is_for_making(NodeId node) const {
  return node == exports_node || is_namespaces(node);
}

void ExportsBranch::make(Caller caller, NodeId in, std::string_view name,
                         Completion completion) const {
  if (!is_namespaces(in)) {
    const auto nqn = names_.nqn_of_new(name);
    if (nqn) return TableBranch::make(std::move(caller), in, *nqn, std::move(completion));
    return table_.decides.submit(
        {std::move(caller), std::string(name), 0, "", "", tl::make_unexpected(nqn.error())},
        std::move(completion));
  }
  // As mkdir(2) has it everywhere, it is of who makes it; what root makes is the mount's.
  std::optional<Access> maker;
  if (!caller.is_root() && caller.uid != owner_.uid)
    maker = Access{.uid = caller.uid, .gid = caller.gid};
  submit_space(
      std::move(caller), in, name,
      [&maker](Nsid nsid) {
        return MakeNamespace{nsid, maker ? access_of_all(nsid, *maker) : AccessOf{}};
      },
      std::move(completion));
}

void ExportsBranch::remove(Caller caller, NodeId in, std::string_view name,
                           Completion completion) const {
  if (!is_namespaces(in)) {
    const auto snapshot = table_.decides.snapshot();
    const std::string* const nqn = names_.nqn_of(name, snapshot->exports);
    return TableBranch::remove(std::move(caller), in, nqn != nullptr ? *nqn : std::string(name),
                               std::move(completion));
  }
  submit_space(
      std::move(caller), in, name, [](Nsid nsid) { return RemoveNamespace{nsid}; },
      std::move(completion));
}

void ExportsBranch::submit_space(Caller caller, NodeId in, std::string_view name,
                                 const SpaceIntent& intent, Completion completion) const {
  const auto named = name_of(in);
  if (!named) return completion(refuse(ESTALE, Reason::gone, "the export was removed"));
  table_.decides.submit({.caller = std::move(caller),
                         .name = named->view->wanted.name.str(),
                         .serial = named->view->serial,
                         .file = fmt::format("{}/{}", namespaces_name, name),
                         .value = "",
                         .intent = parse_nsid(name).map(intent)},
                        std::move(completion));
}

void ExportsBranch::change_access(Caller caller, NodeId node, Access access,
                                  Completion completion) const {
  auto named = name_of(node);
  if (!named && named.error() == EPERM)
    return completion(refuse(EPERM, Reason::not_offered,
                             "exports/ itself belongs to who mounted it, or as the mount options "
                             "uid=, gid= and umask= say"));
  if (!named) return completion(refuse(ESTALE, Reason::gone, "the export was removed"));
  table_.decides.submit({std::move(caller), named->view->wanted.name.str(), named->view->serial,
                         std::move(named->file), "", Intent(SetAccess{access})},
                        std::move(completion));
}

Found<ExportsBranch::Named> ExportsBranch::name_of(NodeId node) const {
  if (is_fixed(node)) return tl::unexpected(EPERM);
  if (is_below_spaces(node))
    return of_space(node).map([](OfSpace found) {
      std::string file = directory_of(found.nsid);
      if (found.attribute != nullptr) file += "/" + found.attribute->name;
      return Named{std::move(found.snapshot), found.view, std::move(file)};
    });
  Named named{table_.decides.snapshot(), nullptr, ""};
  named.view = named.snapshot->find(serial_of(node));
  if (named.view == nullptr) return tl::unexpected(ESTALE);
  if (is_namespaces(node)) {
    named.file = namespaces_name;
  } else if (const auto directory = directory_in(slot_of(node))) {
    named.file = *directory;
  } else if (const Attribute* const attribute = attribute_in(slot_of(node))) {
    named.file = attribute->name;
  } else {
    return tl::unexpected(ESTALE);
  }
  return named;
}

}  // namespace nvmeofs
