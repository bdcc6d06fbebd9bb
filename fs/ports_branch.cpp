#include "fs/ports_branch.h"

#include <fmt/format.h>

namespace nvmeofs {
namespace {

constexpr std::string_view groups_name = "ana_groups";

bool is_directory_of_port(NodeId node) {
  return is_below_ports(node) && slot_of(node) == 0;
}
bool is_groups(NodeId node) {
  return is_below_ports(node) && node == ana_groups_node(serial_of(node));
}
bool is_group(NodeId node) {
  return is_below_ports(node) && node > ana_groups_node(serial_of(node));
}
AnaGroup group_of(NodeId node) {
  return static_cast<AnaGroup>(node - ana_groups_node(serial_of(node)));
}

std::string text_of(const PortView& view, AnaGroup group) {
  return std::string(to_string(view.ana_state(group))) + "\n";
}

class AnaGroupFile : public WritableFile {
 public:
  AnaGroupFile(PortsOfEngine ports, std::string port, std::uint64_t serial, AnaGroup group)
      : ports_(ports), port_(std::move(port)), serial_(serial), group_(group) {}

  Kind kind() const override { return Kind::value; }

  void store(Caller caller, std::string recorded, const Result<WrittenValue>& value,
             Completion completion) const override {
    auto intent = value.and_then([&](const WrittenValue& written) -> Result<Intent> {
      // An empty line leaves it to what it is without anything written, as in the files beside it.
      if (written.text.empty()) return Intent(SetAnaState{group_, AnaState::optimized});
      return to_intent<Intent>(parse_ana_state(written.text).map([&](AnaState state) {
        return SetAnaState{group_, state};
      }));
    });
    ports_.submit({.caller = std::move(caller),
                   .name = port_,
                   .serial = serial_,
                   .file = fmt::format("{}/{}", groups_name, group_),
                   .value = std::move(recorded),
                   .intent = std::move(intent)},
                  std::move(completion));
  }

 private:
  const PortsOfEngine ports_;
  const std::string port_;
  const std::uint64_t serial_;
  const AnaGroup group_;
};

}  // namespace

Found<NodeId> PortsBranch::lookup(NodeId parent, std::string_view name) const {
  if (is_group(parent)) return tl::unexpected(ENOTDIR);
  const bool in_groups = is_groups(parent);
  if (!in_groups && !(is_directory_of_port(parent) && name == groups_name && has_groups()))
    return TableBranch::lookup(parent, name);
  const std::uint64_t serial = serial_of(parent);
  if (table_.decides.snapshot()->find(serial) == nullptr) return tl::unexpected(ESTALE);
  if (!in_groups) return ana_groups_node(serial);
  const auto group = parse_ana_group(name);
  return group ? Found<NodeId>(ana_group_node(serial, *group)) : tl::unexpected(ENOENT);
}

Found<struct stat> PortsBranch::attributes(NodeId node) const {
  if (!is_groups(node) && !is_group(node)) {
    auto st = TableBranch::attributes(node);
    if (st && is_directory_of_port(node) && has_groups()) ++st->st_nlink;
    return st;
  }
  const auto snapshot = table_.decides.snapshot();
  const PortView* const view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (is_groups(node)) return directory_stat(node, owner_, view->changed, 0);
  return file_stat(node, 0644, owner_, view->changed, text_of(*view, group_of(node)).size());
}

Found<std::vector<Entry>> PortsBranch::list(NodeId directory) const {
  if (is_group(directory)) return tl::unexpected(ENOTDIR);
  if (!is_groups(directory)) {
    auto entries = TableBranch::list(directory);
    if (entries && is_directory_of_port(directory) && has_groups())
      entries->push_back(
          {std::string(groups_name), ana_groups_node(serial_of(directory)), S_IFDIR});
    return entries;
  }
  const std::uint64_t serial = serial_of(directory);
  const auto snapshot = table_.decides.snapshot();
  const PortView* const view = snapshot->find(serial);
  if (view == nullptr) return tl::unexpected(ESTALE);
  std::vector<Entry> entries{{".", directory, S_IFDIR}, {"..", port_node(serial), S_IFDIR}};
  for (const auto& [group, state] : view->ana_groups)
    entries.push_back({std::to_string(group), ana_group_node(serial, group), S_IFREG});
  return entries;
}

Found<std::string> PortsBranch::text(NodeId file) const {
  if (is_groups(file)) return tl::unexpected(EISDIR);
  if (!is_group(file)) return TableBranch::text(file);
  const auto snapshot = table_.decides.snapshot();
  const PortView* const view = snapshot->find(serial_of(file));
  if (view == nullptr) return tl::unexpected(ESTALE);
  return text_of(*view, group_of(file));
}

Found<std::shared_ptr<const WritableFile>> PortsBranch::writable(NodeId file) const {
  if (!is_group(file)) return TableBranch::writable(file);
  const std::uint64_t serial = serial_of(file);
  const auto snapshot = table_.decides.snapshot();
  if (snapshot->find(serial) == nullptr) return tl::unexpected(ESTALE);
  return std::make_shared<const AnaGroupFile>(table_.decides, snapshot->names.at(serial), serial,
                                              group_of(file));
}

}  // namespace nvmeofs
