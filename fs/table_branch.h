// A branch whose directories are all alike: in each the files of one table. `Table` says which:
//
//   using View, Intent;                    as in its AttributeOf
//   static constexpr NodeId directory;
//   static bool is_below(NodeId);
//   static NodeId node(serial, slot);      slot 0 is a directory, slot n the n-th row's file, and
//                                          from last_slot down the directories that rows name
//   static rows();                         a span of its AttributeOf, the same at each call
//   bool has(attribute);                   whether this kernel has it; without it: all are there
//   static views(snapshot);                the directories, by name
//   static Result<Intent> make(name, default_transport);
//   static Intent remove();
//   decides;                               has snapshot(), and submit() of requests
//   source;                                what the rows' show() asks
//   static constexpr optional<Document> document;   the one in its directory; without it neither
//                                          of these:
//   static Found<std::string> show_document(source, decides);
//   static Result<Intent> read_document(text);
#pragma once

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/attribute.h"
#include "fs/branch.h"

namespace nvmeofs {

// Of a view's serial: eight bits.
inline constexpr unsigned last_slot = 0xff;

template <class Table>
class TableFile : public WritableFile {
 public:
  using Attribute = typename decltype(Table::rows())::value_type;

  TableFile(const Table& table, std::string name, std::uint64_t serial, const Attribute& attribute,
            Trtype default_transport)
      : table_(table),
        name_(std::move(name)),
        serial_(serial),
        attribute_(attribute),
        default_transport_(default_transport) {}

  Kind kind() const override { return attribute_.kind; }

  void store(Caller caller, std::string recorded, const Result<WrittenValue>& value,
             Completion completion) const override {
    auto intent = value.and_then([&](const WrittenValue& written) {
      return attribute_.store(written.text, {default_transport_, written.append});
    });
    table_.decides.submit({std::move(caller), name_, serial_, attribute_.name,
                           attribute_.secret ? "…" : std::move(recorded), std::move(intent)},
                          std::move(completion));
  }

 private:
  const Table table_;
  const std::string name_;
  const std::uint64_t serial_;
  const Attribute& attribute_;
  const Trtype default_transport_;
};

template <class Table>
class DocumentFile : public WritableFile {
 public:
  explicit DocumentFile(const Table& table) : table_(table) {}

  Kind kind() const override { return Kind::document; }
  Whole whole(std::string_view text) const override { return Table::document->whole(text); }

  void store(Caller caller, std::string recorded, const Result<WrittenValue>& value,
             Completion completion) const override {
    auto intent = value.and_then(
        [](const WrittenValue& written) { return Table::read_document(written.text); });
    table_.decides.submit({std::move(caller), "", 0, std::string(Table::document->name),
                           std::move(recorded), std::move(intent)},
                          std::move(completion));
  }

 private:
  const Table table_;
};

// What the table refers to outlives it, and every file that was opened.
template <class Table>
class TableBranch : public Branch {
 public:
  using Attribute = typename TableFile<Table>::Attribute;

  TableBranch(Table table, Owner owner, Trtype default_transport)
      : table_(table), owner_(owner), default_transport_(default_transport) {
    for (const Attribute& row : Table::rows())
      if (const auto name = row.directory();
          !name.empty() &&
          std::find(directories_.begin(), directories_.end(), name) == directories_.end())
        directories_.push_back(name);
  }

  NodeId directory() const override { return Table::directory; }
  bool has(NodeId node) const override {
    return node == Table::directory || is_document(node) || Table::is_below(node);
  }

  Found<NodeId> lookup(NodeId parent, std::string_view name) const override {
    if (is_document(parent)) return tl::unexpected(ENOTDIR);
    const auto snapshot = table_.decides.snapshot();
    if (parent == Table::directory) {
      if (is_name_of_document(name)) return Table::document->node;
      const auto found = Table::views(*snapshot).find(std::string(name));
      if (found == Table::views(*snapshot).end()) return tl::unexpected(ENOENT);
      return Table::node(found->second.serial, 0);
    }
    const std::uint64_t serial = serial_of(parent);
    if (snapshot->find(serial) == nullptr) return tl::unexpected(ESTALE);
    const auto in = directory_in(slot_of(parent));
    if (!in) return tl::unexpected(ENOTDIR);
    const auto rows = Table::rows();
    for (unsigned row = 0; row < rows.size(); ++row)
      if (rows[row].directory() == *in && rows[row].file() == name && has_row(rows[row]))
        return Table::node(serial, row + 1);
    if (in->empty())
      for (unsigned at = 0; at < directories_.size(); ++at)
        if (directories_[at] == name && has_directory(name))
          return Table::node(serial, last_slot - at);
    return tl::unexpected(ENOENT);
  }

  Found<struct stat> attributes(NodeId node) const override {
    const auto snapshot = table_.decides.snapshot();
    if (is_document(node)) {
      Time changed = began_;
      for (const auto& [name, view] : Table::views(*snapshot))
        changed = std::max(changed, view.changed);
      // What cannot be made out now is an error of open(2); ls lists the others all the same.
      return file_stat(node, Table::document->mode, owner_, changed,
                       text(node).value_or(std::string()).size());
    }
    if (node == Table::directory) {
      Time changed = began_;
      for (const auto& [name, view] : Table::views(*snapshot))
        changed = std::max(changed, view.made);
      return directory_stat(node, owner_, changed, Table::views(*snapshot).size());
    }
    const auto* view = snapshot->find(serial_of(node));
    if (view == nullptr) return tl::unexpected(ESTALE);
    if (const auto in = directory_in(slot_of(node)))
      return directory_stat(node, owner_, view->made, in->empty() ? directories_there() : 0);
    const Attribute* attribute = attribute_in(slot_of(node));
    if (attribute == nullptr) return tl::unexpected(ESTALE);
    return file_stat(node, attribute->mode, owner_, view->changed,
                     attribute->show(table_.source, *view).size());
  }

  Found<std::vector<Entry>> list(NodeId directory) const override {
    if (is_document(directory)) return tl::unexpected(ENOTDIR);
    const auto snapshot = table_.decides.snapshot();
    std::vector<Entry> entries{{".", directory, S_IFDIR}};
    if (directory == Table::directory) {
      entries.push_back({"..", root_node, S_IFDIR});
      if (Table::document)
        entries.push_back({std::string(Table::document->name), Table::document->node, S_IFREG});
      // Something else may have made one of that name; the file stays the file.
      for (const auto& [name, view] : Table::views(*snapshot))
        if (!is_name_of_document(name))
          entries.push_back({name, Table::node(view.serial, 0), S_IFDIR});
      return entries;
    }
    const std::uint64_t serial = serial_of(directory);
    if (snapshot->find(serial) == nullptr) return tl::unexpected(ESTALE);
    const auto in = directory_in(slot_of(directory));
    if (!in) return tl::unexpected(ENOTDIR);
    entries.push_back({"..", in->empty() ? Table::directory : Table::node(serial, 0), S_IFDIR});
    const auto rows = Table::rows();
    for (unsigned row = 0; row < rows.size(); ++row)
      if (rows[row].directory() == *in && has_row(rows[row]))
        entries.push_back({std::string(rows[row].file()), Table::node(serial, row + 1), S_IFREG});
    if (in->empty())
      for (unsigned at = 0; at < directories_.size(); ++at)
        if (has_directory(directories_[at]))
          entries.push_back(
              {std::string(directories_[at]), Table::node(serial, last_slot - at), S_IFDIR});
    return entries;
  }

  Found<std::string> text(NodeId file) const override {
    if (file == Table::directory) return tl::unexpected(EISDIR);
    if constexpr (Table::document.has_value())
      if (is_document(file)) return Table::show_document(table_.source, table_.decides);
    const auto snapshot = table_.decides.snapshot();
    const auto* view = snapshot->find(serial_of(file));
    if (view == nullptr) return tl::unexpected(ESTALE);
    if (directory_in(slot_of(file))) return tl::unexpected(EISDIR);
    const Attribute* attribute = attribute_in(slot_of(file));
    if (attribute == nullptr) return tl::unexpected(ESTALE);
    return attribute->show(table_.source, *view);
  }

  Found<std::shared_ptr<const WritableFile>> writable(NodeId file) const override {
    if constexpr (Table::document.has_value())
      if (is_document(file)) return std::make_shared<const DocumentFile<Table>>(table_);
    if (is_fixed(file)) return tl::unexpected(EACCES);
    const auto snapshot = table_.decides.snapshot();
    const std::uint64_t serial = serial_of(file);
    if (snapshot->find(serial) == nullptr) return tl::unexpected(ESTALE);
    const Attribute* attribute = attribute_in(slot_of(file));
    if (attribute == nullptr || attribute->store == nullptr) return tl::unexpected(EACCES);
    return std::make_shared<const TableFile<Table>>(table_, snapshot->names.at(serial), serial,
                                                    *attribute, default_transport_);
  }

  bool cacheable(NodeId node) const override {
    // It changes without anything being written.
    if (is_document(node)) return false;
    const Attribute* attribute = is_fixed(node) ? nullptr : attribute_in(slot_of(node));
    return attribute == nullptr || attribute->store != nullptr;
  }

  void make(Caller caller, NodeId /*in*/, std::string_view name,
            Completion completion) const override {
    table_.decides.submit(
        {std::move(caller), std::string(name), 0, "", "", Table::make(name, default_transport_)},
        std::move(completion));
  }

  void remove(Caller caller, NodeId /*in*/, std::string_view name,
              Completion completion) const override {
    table_.decides.submit({std::move(caller), std::string(name), 0, "", "", Table::remove()},
                          std::move(completion));
  }

 protected:
  bool has_row(const Attribute& attribute) const {
    if constexpr (requires { table_.has(attribute); })
      return table_.has(attribute);
    else
      return true;
  }
  // A kernel that has none of its files has no such directory.
  bool has_directory(std::string_view name) const {
    const auto rows = Table::rows();
    return std::any_of(rows.begin(), rows.end(), [&](const Attribute& row) {
      return row.directory() == name && has_row(row);
    });
  }
  std::size_t directories_there() const {
    return static_cast<std::size_t>(
        std::count_if(directories_.begin(), directories_.end(),
                      [&](std::string_view name) { return has_directory(name); }));
  }
  static bool is_document(NodeId node) { return Table::document && Table::document->node == node; }
  static bool is_name_of_document(std::string_view name) {
    return Table::document && Table::document->name == name;
  }
  // "" for the directory of a view, "options" for one that rows name. Nothing: it is a file's slot,
  // or none.
  std::optional<std::string_view> directory_in(unsigned slot) const {
    if (slot == 0) return "";
    if (slot > last_slot || last_slot - slot >= directories_.size()) return std::nullopt;
    return directories_[last_slot - slot];
  }
  // nullptr: no such file, also for a directory.
  static const Attribute* attribute_in(unsigned slot) {
    const auto rows = Table::rows();
    return slot >= 1 && slot <= rows.size() ? &rows[slot - 1] : nullptr;
  }

  const Table table_;
  const Owner owner_;

 private:
  const Trtype default_transport_;
  std::vector<std::string_view> directories_;
  const Time began_ = std::chrono::system_clock::now();
};

}  // namespace nvmeofs
