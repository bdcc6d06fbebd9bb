#include "fs/connections_branch.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

#include "nvmeofs/connection_option.h"

namespace nvmeofs {
namespace {

constexpr std::string_view options_name = "options";

std::string show_option(const ConnectionOption& option, const ConnectionView& view) {
  const auto found = view.wanted.options.find(std::string(option.name));
  const bool set = found != view.wanted.options.end();
  if (!set && !option.secret()) return "";
  return shown(option, set ? std::optional(found->second) : std::nullopt) + "\n";
}

class ConnectionFile : public WritableFile {
 public:
  ConnectionFile(Connections& connections, const ConnectionView& view,
                 const ConnectionAttribute& attribute, Trtype default_transport)
      : connections_(connections),
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
    connections_.submit({std::move(caller), name_, serial_, std::string(attribute_.name),
                         std::move(recorded), std::move(intent)},
                        std::move(completion));
  }

 private:
  Connections& connections_;
  const std::string name_;
  const std::uint64_t serial_;
  const ConnectionAttribute& attribute_;
  const Trtype default_transport_;
};

class OptionFile : public WritableFile {
 public:
  OptionFile(Connections& connections, const ConnectionView& view, const ConnectionOption& option)
      : connections_(connections),
        name_(view.wanted.name.str()),
        serial_(view.serial),
        option_(option) {}

  Kind kind() const override { return Kind::value; }

  void store(Caller caller, std::string recorded, const Result<WrittenValue>& value,
             Completion completion) const override {
    auto intent = value.and_then([&](const WrittenValue& written) -> Result<ConnectionIntent> {
      SetOption set{std::string(option_.name), std::nullopt};
      if (written.text.empty()) return ConnectionIntent(std::move(set));
      return check(option_, written.text).map([&](std::string canonical) {
        set.value = std::move(canonical);
        return ConnectionIntent(std::move(set));
      });
    });
    connections_.submit({std::move(caller), name_, serial_, "options/" + std::string(option_.name),
                         option_.secret() ? "…" : std::move(recorded), std::move(intent)},
                        std::move(completion));
  }

 private:
  Connections& connections_;
  const std::string name_;
  const std::uint64_t serial_;
  const ConnectionOption& option_;
};

}  // namespace

struct ConnectionsBranch::File {
  const ConnectionAttribute* attribute = nullptr;  // one of the two
  const ConnectionOption* option = nullptr;

  mode_t mode() const {
    return attribute != nullptr ? attribute->mode : option->secret() ? 0600 : 0644;
  }
  std::string show(const Connections& connections, const ConnectionView& view) const {
    return attribute != nullptr ? attribute->show(connections, view) : show_option(*option, view);
  }
};

// ESTALE: there is no such file.
Found<ConnectionsBranch::File> ConnectionsBranch::file_at(unsigned slot) const {
  const auto rows = connection_attributes();
  if (slot >= 1 && slot <= rows.size()) return File{&rows[slot - 1], nullptr};
  const auto options = connection_options();
  if (slot < first_option_slot || slot - first_option_slot >= options.size())
    return tl::unexpected(ESTALE);
  return File{nullptr, &options[slot - first_option_slot]};
}

ConnectionsBranch::ConnectionsBranch(Connections& connections, Owner owner,
                                     Trtype default_transport)
    : connections_(connections), owner_(owner), default_transport_(default_transport) {}

bool ConnectionsBranch::has(NodeId node) const {
  return node == connections_node || is_below_connections(node);
}

Found<NodeId> ConnectionsBranch::lookup(NodeId parent, std::string_view name) const {
  const auto snapshot = connections_.snapshot();
  if (parent == connections_node) {
    const auto found = snapshot->connections.find(std::string(name));
    if (found == snapshot->connections.end()) return tl::unexpected(ENOENT);
    return connection_node(found->second.serial);
  }
  const std::uint64_t serial = serial_of(parent);
  if (snapshot->find(serial) == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(parent) == options_slot) {
    const auto names = connections_.options();
    if (std::find(names.begin(), names.end(), name) == names.end()) return tl::unexpected(ENOENT);
    const auto place = find_connection_option(name) - connection_options().data();
    return connection_node(serial, first_option_slot + static_cast<unsigned>(place));
  }
  if (slot_of(parent) != 0) return tl::unexpected(ENOTDIR);
  if (name == options_name) return connection_node(serial, options_slot);
  const auto rows = connection_attributes();
  for (unsigned row = 0; row < rows.size(); ++row)
    if (rows[row].name == name) return connection_node(serial, row + 1);
  return tl::unexpected(ENOENT);
}

Found<struct stat> ConnectionsBranch::attributes(NodeId node) const {
  const auto snapshot = connections_.snapshot();
  if (node == connections_node) {
    Time changed = began_;
    for (const auto& [name, view] : snapshot->connections) changed = std::max(changed, view.made);
    return directory_stat(node, owner_, changed, snapshot->connections.size());
  }
  const ConnectionView* view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(node) == 0) return directory_stat(node, owner_, view->made, 1);
  if (slot_of(node) == options_slot) return directory_stat(node, owner_, view->made, 0);
  return file_at(slot_of(node)).map([&](const File& file) {
    return file_stat(node, file.mode(), owner_, view->changed,
                     file.show(connections_, *view).size());
  });
}

Found<std::vector<Entry>> ConnectionsBranch::list(NodeId directory) const {
  const auto snapshot = connections_.snapshot();
  std::vector<Entry> entries{{".", directory, S_IFDIR}};
  if (directory == connections_node) {
    entries.push_back({"..", root_node, S_IFDIR});
    for (const auto& [name, view] : snapshot->connections)
      entries.push_back({name, connection_node(view.serial), S_IFDIR});
    return entries;
  }
  const std::uint64_t serial = serial_of(directory);
  if (snapshot->find(serial) == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(directory) == options_slot) {
    entries.push_back({"..", connection_node(serial), S_IFDIR});
    for (const std::string& name : connections_.options())
      entries.push_back({name, *lookup(directory, name), S_IFREG});
    return entries;
  }
  if (slot_of(directory) != 0) return tl::unexpected(ENOTDIR);
  entries.push_back({"..", connections_node, S_IFDIR});
  const auto rows = connection_attributes();
  for (unsigned row = 0; row < rows.size(); ++row)
    entries.push_back({std::string(rows[row].name), connection_node(serial, row + 1), S_IFREG});
  entries.push_back({std::string(options_name), connection_node(serial, options_slot), S_IFDIR});
  return entries;
}

Found<std::string> ConnectionsBranch::text(NodeId node) const {
  if (node == connections_node) return tl::unexpected(EISDIR);
  const auto snapshot = connections_.snapshot();
  const ConnectionView* view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(node) == 0 || slot_of(node) == options_slot) return tl::unexpected(EISDIR);
  return file_at(slot_of(node)).map([&](const File& file) {
    return file.show(connections_, *view);
  });
}

Found<std::shared_ptr<const WritableFile>> ConnectionsBranch::writable(NodeId node) const {
  if (is_fixed(node)) return tl::unexpected(EACCES);
  const auto snapshot = connections_.snapshot();
  const ConnectionView* view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  const auto file = file_at(slot_of(node));
  if (!file) return tl::unexpected(EACCES);
  if (file->option != nullptr)
    return std::make_shared<const OptionFile>(connections_, *view, *file->option);
  if (file->attribute->store == nullptr) return tl::unexpected(EACCES);
  return std::make_shared<const ConnectionFile>(connections_, *view, *file->attribute,
                                                default_transport_);
}

bool ConnectionsBranch::cacheable(NodeId node) const {
  const auto file = is_fixed(node) ? tl::make_unexpected(0) : file_at(slot_of(node));
  return !file || file->attribute == nullptr || file->attribute->kind != Kind::report;
}

void ConnectionsBranch::make(Caller caller, std::string_view name, Completion completion) const {
  connections_.submit(
      {std::move(caller), std::string(name), 0, "", "", ConnectionIntent(MakeConnection{})},
      std::move(completion));
}

void ConnectionsBranch::remove(Caller caller, std::string_view name, Completion completion) const {
  connections_.submit(
      {std::move(caller), std::string(name), 0, "", "", ConnectionIntent(RemoveConnection{})},
      std::move(completion));
}

}  // namespace nvmeofs
