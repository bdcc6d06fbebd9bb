#include "fs/exports_branch.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace nvmeofs {
namespace {

// nullptr: no such file, also for the directory itself.
const ExportAttribute* attribute_in(unsigned slot) {
  const auto rows = export_attributes();
  return slot >= 1 && slot <= rows.size() ? &rows[slot - 1] : nullptr;
}

class ExportFile : public WritableFile {
 public:
  ExportFile(Engine& engine, const ExportView& view, const ExportAttribute& attribute,
             Trtype default_transport)
      : engine_(engine),
        name_(view.wanted.name.str()),
        serial_(view.serial),
        attribute_(attribute),
        default_transport_(default_transport) {}

  Kind kind() const override { return attribute_.kind; }

  void store(Caller caller, std::string recorded, const Result<WrittenValue>& value,
             Completion completion) const override {
    auto intent = value.and_then([&](const WrittenValue& written) {
      return attribute_.store(written.text, {default_transport_, written.append});
    });
    engine_.submit(Request{std::move(caller), name_, serial_, std::string(attribute_.name),
                           std::move(recorded), std::move(intent)},
                   std::move(completion));
  }

 private:
  Engine& engine_;
  const std::string name_;
  const std::uint64_t serial_;
  const ExportAttribute& attribute_;
  const Trtype default_transport_;
};

}  // namespace

ExportsBranch::ExportsBranch(Engine& engine, Owner owner, Trtype default_transport)
    : engine_(engine), owner_(owner), default_transport_(default_transport) {}

bool ExportsBranch::has(NodeId node) const {
  return node == exports_node || is_below_exports(node);
}

Found<NodeId> ExportsBranch::lookup(NodeId parent, std::string_view name) const {
  const auto snapshot = engine_.snapshot();
  if (parent == exports_node) {
    const auto found = snapshot->exports.find(std::string(name));
    if (found == snapshot->exports.end()) return tl::unexpected(ENOENT);
    return export_node(found->second.serial);
  }
  if (snapshot->find(serial_of(parent)) == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(parent) != 0) return tl::unexpected(ENOTDIR);
  const auto rows = export_attributes();
  for (unsigned row = 0; row < rows.size(); ++row)
    if (rows[row].name == name) return export_node(serial_of(parent), row + 1);
  return tl::unexpected(ENOENT);
}

Found<struct stat> ExportsBranch::attributes(NodeId node) const {
  const auto snapshot = engine_.snapshot();
  if (node == exports_node) {
    Time changed = began_;
    for (const auto& [name, view] : snapshot->exports) changed = std::max(changed, view.made);
    return directory_stat(node, owner_, changed, snapshot->exports.size());
  }
  const ExportView* view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(node) == 0) return directory_stat(node, owner_, view->made, 0);
  const ExportAttribute* attribute = attribute_in(slot_of(node));
  if (attribute == nullptr) return tl::unexpected(ESTALE);
  return file_stat(node, attribute->mode, owner_, view->changed,
                   attribute->show(engine_, *view).size());
}

Found<std::vector<Entry>> ExportsBranch::list(NodeId directory) const {
  const auto snapshot = engine_.snapshot();
  std::vector<Entry> entries{{".", directory, S_IFDIR}};
  if (directory == exports_node) {
    entries.push_back({"..", root_node, S_IFDIR});
    for (const auto& [name, view] : snapshot->exports)
      entries.push_back({name, export_node(view.serial), S_IFDIR});
    return entries;
  }
  const ExportView* view = snapshot->find(serial_of(directory));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(directory) != 0) return tl::unexpected(ENOTDIR);
  entries.push_back({"..", exports_node, S_IFDIR});
  const auto rows = export_attributes();
  for (unsigned row = 0; row < rows.size(); ++row)
    entries.push_back({std::string(rows[row].name), export_node(view->serial, row + 1), S_IFREG});
  return entries;
}

Found<std::string> ExportsBranch::text(NodeId file) const {
  if (file == exports_node) return tl::unexpected(EISDIR);
  const auto snapshot = engine_.snapshot();
  const ExportView* view = snapshot->find(serial_of(file));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(file) == 0) return tl::unexpected(EISDIR);
  const ExportAttribute* attribute = attribute_in(slot_of(file));
  if (attribute == nullptr) return tl::unexpected(ESTALE);
  return attribute->show(engine_, *view);
}

Found<std::shared_ptr<const WritableFile>> ExportsBranch::writable(NodeId file) const {
  const auto snapshot = engine_.snapshot();
  const ExportView* view = is_fixed(file) ? nullptr : snapshot->find(serial_of(file));
  if (view == nullptr) return tl::unexpected(is_fixed(file) ? EACCES : ESTALE);
  const ExportAttribute* attribute = attribute_in(slot_of(file));
  if (attribute == nullptr || attribute->store == nullptr) return tl::unexpected(EACCES);
  return std::make_shared<const ExportFile>(engine_, *view, *attribute, default_transport_);
}

bool ExportsBranch::cacheable(NodeId node) const {
  const ExportAttribute* attribute = is_fixed(node) ? nullptr : attribute_in(slot_of(node));
  return attribute == nullptr || attribute->kind != Kind::report;
}

void ExportsBranch::make(Caller caller, std::string_view name, Completion completion) const {
  engine_.submit(Request{std::move(caller), std::string(name), 0, "", "", Intent(MakeExport{})},
                 std::move(completion));
}

void ExportsBranch::remove(Caller caller, std::string_view name, Completion completion) const {
  engine_.submit(Request{std::move(caller), std::string(name), 0, "", "", Intent(RemoveExport{})},
                 std::move(completion));
}

}  // namespace nvmeofs
