#include "fs/connections_branch.h"

#include <algorithm>
#include <cerrno>
#include <utility>

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

// nullptr: the slot is not of an option's file.
const ConnectionOption* option_in(unsigned slot) {
  const auto options = connection_options();
  if (slot < first_option_slot || slot - first_option_slot >= options.size()) return nullptr;
  return &options[slot - first_option_slot];
}

// Of an option that options() names.
NodeId option_node(std::uint64_t serial, std::string_view name) {
  const auto place = find_connection_option(name) - connection_options().data();
  return connection_node(serial, first_option_slot + static_cast<unsigned>(place));
}

// options/ and what is in it.
bool is_of_options(NodeId node) {
  return !is_fixed(node) && slot_of(node) >= options_slot;
}

}  // namespace

Found<NodeId> ConnectionsBranch::lookup(NodeId parent, std::string_view name) const {
  if (is_fixed(parent)) return TableBranch::lookup(parent, name);
  const std::uint64_t serial = serial_of(parent);
  if (table_.decides.snapshot()->find(serial) == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(parent) == 0 && name == options_name) return connection_node(serial, options_slot);
  if (slot_of(parent) != options_slot) return TableBranch::lookup(parent, name);
  const auto names = table_.decides.options();
  if (std::find(names.begin(), names.end(), name) == names.end()) return tl::unexpected(ENOENT);
  return option_node(serial, name);
}

Found<struct stat> ConnectionsBranch::attributes(NodeId node) const {
  const bool has_options = !is_fixed(node) && slot_of(node) == 0;
  if (!has_options && !is_of_options(node)) return TableBranch::attributes(node);
  const auto snapshot = table_.decides.snapshot();
  const ConnectionView* view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (has_options) return directory_stat(node, owner_, view->made, 1);
  if (slot_of(node) == options_slot) return directory_stat(node, owner_, view->made, 0);
  const ConnectionOption* option = option_in(slot_of(node));
  if (option == nullptr) return tl::unexpected(ESTALE);
  return file_stat(node, option->secret() ? 0600 : 0644, owner_, view->changed,
                   show_option(*option, *view).size());
}

Found<std::vector<Entry>> ConnectionsBranch::list(NodeId directory) const {
  const std::uint64_t serial = serial_of(directory);
  if (is_fixed(directory) || slot_of(directory) != options_slot) {
    auto entries = TableBranch::list(directory);
    if (entries && !is_fixed(directory))
      entries->push_back(
          {std::string(options_name), connection_node(serial, options_slot), S_IFDIR});
    return entries;
  }
  if (table_.decides.snapshot()->find(serial) == nullptr) return tl::unexpected(ESTALE);
  std::vector<Entry> entries{{".", directory, S_IFDIR}, {"..", connection_node(serial), S_IFDIR}};
  for (const std::string& name : table_.decides.options())
    entries.push_back({name, option_node(serial, name), S_IFREG});
  return entries;
}

Found<std::string> ConnectionsBranch::text(NodeId node) const {
  if (!is_of_options(node)) return TableBranch::text(node);
  const auto snapshot = table_.decides.snapshot();
  const ConnectionView* view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (slot_of(node) == options_slot) return tl::unexpected(EISDIR);
  const ConnectionOption* option = option_in(slot_of(node));
  if (option == nullptr) return tl::unexpected(ESTALE);
  return show_option(*option, *view);
}

Found<std::shared_ptr<const WritableFile>> ConnectionsBranch::writable(NodeId node) const {
  if (!is_of_options(node)) return TableBranch::writable(node);
  const auto snapshot = table_.decides.snapshot();
  const ConnectionView* view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  const ConnectionOption* option = option_in(slot_of(node));
  if (option == nullptr) return tl::unexpected(EACCES);
  return std::make_shared<const OptionFile>(table_.decides, *view, *option);
}

}  // namespace nvmeofs
