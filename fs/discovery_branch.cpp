#include "fs/discovery_branch.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace nvmeofs {
namespace {

// nullptr: no such file, also for the directory itself.
const DiscoveryAttribute* attribute_in(unsigned slot) {
  const auto rows = discovery_attributes();
  return slot >= 1 && slot <= rows.size() ? &rows[slot - 1] : nullptr;
}

class DiscoveryFile : public WritableFile {
 public:
  DiscoveryFile(Discoveries& discoveries, const DiscoveryView& view,
                const DiscoveryAttribute& attribute)
      : discoveries_(discoveries),
        name_(view.wanted.name),
        serial_(view.serial),
        attribute_(attribute) {}

  Kind kind() const override { return attribute_.kind; }

  void store(Caller caller, std::string recorded, const Result<WrittenValue>& value,
             Completion completion) const override {
    auto intent = value.and_then(
        [&](const WrittenValue& written) { return attribute_.store(written.text, {}); });
    discoveries_.submit({std::move(caller), name_, serial_, std::string(attribute_.name),
                         std::move(recorded), std::move(intent)},
                        std::move(completion));
  }

 private:
  Discoveries& discoveries_;
  const std::string name_;
  const std::uint64_t serial_;
  const DiscoveryAttribute& attribute_;
};

}  // namespace

DiscoveryBranch::DiscoveryBranch(Discoveries& discoveries, Connections& connections, Owner owner,
                                 Trtype default_transport)
    : discoveries_(discoveries),
      connections_(connections),
      owner_(owner),
      default_transport_(default_transport) {}

bool DiscoveryBranch::has(NodeId node) const {
  return node == discovery_node || is_below_discovery(node);
}

Found<NodeId> DiscoveryBranch::lookup(NodeId parent, std::string_view name) const {
  const auto snapshot = discoveries_.snapshot();
  if (parent == discovery_node) {
    const auto found = snapshot->discoveries.find(std::string(name));
    if (found == snapshot->discoveries.end()) return tl::unexpected(ENOENT);
    return discovery_node_of(found->second.serial);
  }
  if (snapshot->find(serial_of(parent)) == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(parent) != 0) return tl::unexpected(ENOTDIR);
  const auto rows = discovery_attributes();
  for (unsigned row = 0; row < rows.size(); ++row)
    if (rows[row].name == name) return discovery_node_of(serial_of(parent), row + 1);
  return tl::unexpected(ENOENT);
}

Found<struct stat> DiscoveryBranch::attributes(NodeId node) const {
  const auto snapshot = discoveries_.snapshot();
  if (node == discovery_node) {
    Time changed = began_;
    for (const auto& [name, view] : snapshot->discoveries) changed = std::max(changed, view.made);
    return directory_stat(node, owner_, changed, snapshot->discoveries.size());
  }
  const DiscoveryView* view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(node) == 0) return directory_stat(node, owner_, view->made, 0);
  const DiscoveryAttribute* attribute = attribute_in(slot_of(node));
  if (attribute == nullptr) return tl::unexpected(ESTALE);
  return file_stat(node, attribute->mode, owner_, view->changed,
                   attribute->show(connections_, *view).size());
}

Found<std::vector<Entry>> DiscoveryBranch::list(NodeId directory) const {
  const auto snapshot = discoveries_.snapshot();
  std::vector<Entry> entries{{".", directory, S_IFDIR}};
  if (directory == discovery_node) {
    entries.push_back({"..", root_node, S_IFDIR});
    for (const auto& [name, view] : snapshot->discoveries)
      entries.push_back({name, discovery_node_of(view.serial), S_IFDIR});
    return entries;
  }
  const DiscoveryView* view = snapshot->find(serial_of(directory));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(directory) != 0) return tl::unexpected(ENOTDIR);
  entries.push_back({"..", discovery_node, S_IFDIR});
  const auto rows = discovery_attributes();
  for (unsigned row = 0; row < rows.size(); ++row)
    entries.push_back(
        {std::string(rows[row].name), discovery_node_of(view->serial, row + 1), S_IFREG});
  return entries;
}

Found<std::string> DiscoveryBranch::text(NodeId file) const {
  if (file == discovery_node) return tl::unexpected(EISDIR);
  const auto snapshot = discoveries_.snapshot();
  const DiscoveryView* view = snapshot->find(serial_of(file));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(file) == 0) return tl::unexpected(EISDIR);
  const DiscoveryAttribute* attribute = attribute_in(slot_of(file));
  if (attribute == nullptr) return tl::unexpected(ESTALE);
  return attribute->show(connections_, *view);
}

void DiscoveryBranch::open_text(NodeId file, TextAnswer answer) const {
  const DiscoveryAttribute* attribute = is_fixed(file) ? nullptr : attribute_in(slot_of(file));
  if (attribute == nullptr || attribute->kind != Kind::fetched) return answer(text(file));
  discoveries_.fetch(serial_of(file),
                     [this, file, answer = std::move(answer)](const Result<void>& fetched) {
                       answer(fetched ? text(file) : tl::make_unexpected(fetched.error().errnum));
                     });
}

Found<std::shared_ptr<const WritableFile>> DiscoveryBranch::writable(NodeId file) const {
  if (is_fixed(file)) return tl::unexpected(EACCES);
  const auto snapshot = discoveries_.snapshot();
  const DiscoveryView* view = snapshot->find(serial_of(file));
  if (view == nullptr) return tl::unexpected(ESTALE);
  const DiscoveryAttribute* attribute = attribute_in(slot_of(file));
  if (attribute == nullptr || attribute->store == nullptr) return tl::unexpected(EACCES);
  return std::make_shared<const DiscoveryFile>(discoveries_, *view, *attribute);
}

bool DiscoveryBranch::cacheable(NodeId node) const {
  const DiscoveryAttribute* attribute = is_fixed(node) ? nullptr : attribute_in(slot_of(node));
  return attribute == nullptr || attribute->store != nullptr;
}

void DiscoveryBranch::make(Caller caller, std::string_view name, Completion completion) const {
  auto intent = to_intent<DiscoveryIntent>(
      parse_discovery_name(name, default_transport_).map([](TransportAddress address) {
        return MakeDiscovery{std::move(address)};
      }));
  discoveries_.submit({std::move(caller), std::string(name), 0, "", "", std::move(intent)},
                      std::move(completion));
}

void DiscoveryBranch::remove(Caller caller, std::string_view name, Completion completion) const {
  discoveries_.submit(
      {std::move(caller), std::string(name), 0, "", "", DiscoveryIntent(RemoveDiscovery{})},
      std::move(completion));
}

}  // namespace nvmeofs
