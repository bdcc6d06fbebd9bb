#include "fs/ports_branch.h"

#include <fmt/format.h>

#include <array>

namespace nvmeofs {
namespace {

constexpr std::string_view groups_name = "ana_groups";
constexpr std::string_view referrals_name = "referrals";

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
bool is_referrals(NodeId node) {
  return is_below_ports(node) && node == referrals_node(serial_of(node));
}

std::string text_of(const PortView& view, AnaGroup group) {
  return std::string(to_string(view.ana_state(group))) + "\n";
}

// The files of a referral, in the order of their slots.
enum class ReferralFileKind { address, enabled };

struct ReferralRow {
  std::string_view name;
  ReferralFileKind kind;
};
constexpr std::array referral_rows{ReferralRow{"address", ReferralFileKind::address},
                                   ReferralRow{"enabled", ReferralFileKind::enabled}};

// nullptr for a directory, and for what is no file.
const ReferralRow* referral_row(NodeId node) {
  const unsigned slot = slot_of(node);
  return slot >= 1 && slot <= referral_rows.size() ? &referral_rows.at(slot - 1) : nullptr;
}

std::string text_of(const Referral& referral, ReferralFileKind kind) {
  if (kind == ReferralFileKind::enabled) return referral.enabled ? "1\n" : "0\n";
  return referral.address ? referral.address->uri() + "\n" : "";
}

// Of a port, without a row in the table.
class FileOfPort : public WritableFile {
 public:
  FileOfPort(PortsOfEngine ports, std::string port, std::uint64_t serial, std::string file)
      : ports_(ports), port_(std::move(port)), serial_(serial), file_(std::move(file)) {}

  Kind kind() const override { return Kind::value; }

  void store(Caller caller, std::string recorded, const Result<WrittenValue>& value,
             Completion completion) const override {
    auto intent =
        value.and_then([&](const WrittenValue& written) { return intent_of(written.text); });
    ports_.submit({.caller = std::move(caller),
                   .name = port_,
                   .serial = serial_,
                   .file = file_,
                   .value = std::move(recorded),
                   .intent = std::move(intent),
                   .space = referral()},
                  std::move(completion));
  }

 private:
  // Only parses.
  virtual Result<Intent> intent_of(std::string_view text) const = 0;
  virtual std::uint64_t referral() const { return 0; }

  const PortsOfEngine ports_;
  const std::string port_;
  const std::uint64_t serial_;
  const std::string file_;
};

class AnaGroupFile : public FileOfPort {
 public:
  AnaGroupFile(PortsOfEngine ports, std::string port, std::uint64_t serial, AnaGroup group)
      : FileOfPort(ports, std::move(port), serial, fmt::format("{}/{}", groups_name, group)),
        group_(group) {}

 private:
  Result<Intent> intent_of(std::string_view text) const override {
    // An empty line leaves it to what it is without anything written, as in the files beside it.
    if (text.empty()) return Intent(SetAnaState{group_, AnaState::optimized});
    return to_intent<Intent>(parse_ana_state(text).map([&](AnaState state) {
      return SetAnaState{group_, state};
    }));
  }

  const AnaGroup group_;
};

class ReferralFile : public FileOfPort {
 public:
  ReferralFile(PortsOfEngine ports, const PortView& port, const std::string& name,
               const ReferralRow& row, Trtype default_transport)
      : FileOfPort(ports, port.address.name(), port.serial,
                   fmt::format("{}/{}/{}", referrals_name, name, row.name)),
        name_(name),
        serial_(port.referrals.at(name).serial),
        kind_(row.kind),
        default_transport_(default_transport) {}

 private:
  Result<Intent> intent_of(std::string_view text) const override {
    if (kind_ == ReferralFileKind::enabled)
      return to_intent<Intent>(parse_bool(text).map([&](bool on) {
        return SetReferralEnabled{name_, on};
      }));
    if (text.empty()) return Intent(SetReferralAddress{name_, std::nullopt});
    return to_intent<Intent>(
        parse_referral_address(text, default_transport_).map([&](const TransportAddress& address) {
          return SetReferralAddress{name_, address};
        }));
  }
  std::uint64_t referral() const override { return serial_; }

  const std::string name_;
  const std::uint64_t serial_;
  const ReferralFileKind kind_;
  const Trtype default_transport_;
};

}  // namespace

Found<PortsBranch::OfReferral> PortsBranch::of_referral(NodeId node) const {
  OfReferral found{table_.decides.snapshot(), nullptr, ""};
  const auto place = found.snapshot->referrals.find(serial_of(node));
  if (place == found.snapshot->referrals.end()) return tl::unexpected(ESTALE);
  if (slot_of(node) != 0 && referral_row(node) == nullptr) return tl::unexpected(ESTALE);
  found.port = &found.snapshot->views.at(place->second.port);
  found.name = place->second.name;
  return found;
}

Found<NodeId> PortsBranch::lookup(NodeId parent, std::string_view name) const {
  if (is_group(parent)) return tl::unexpected(ENOTDIR);
  const std::uint64_t serial = serial_of(parent);
  if (is_below_referrals(parent)) {
    if (const auto found = of_referral(parent); !found) return tl::unexpected(found.error());
    if (slot_of(parent) != 0) return tl::unexpected(ENOTDIR);
    for (unsigned row = 0; row < referral_rows.size(); ++row)
      if (referral_rows.at(row).name == name) return referral_node(serial, row + 1);
    return tl::unexpected(ENOENT);
  }
  const auto snapshot = table_.decides.snapshot();
  const PortView* const view = snapshot->find(serial);
  if (is_groups(parent) || is_referrals(parent)) {
    if (view == nullptr) return tl::unexpected(ESTALE);
    if (is_groups(parent)) {
      const auto group = parse_ana_group(name);
      return group ? Found<NodeId>(ana_group_node(serial, *group)) : tl::unexpected(ENOENT);
    }
    const auto referral = view->referrals.find(std::string(name));
    if (referral == view->referrals.end()) return tl::unexpected(ENOENT);
    return referral_node(referral->second.serial);
  }
  if (is_directory_of_port(parent) && view != nullptr) {
    if (name == groups_name && has_groups()) return ana_groups_node(serial);
    if (name == referrals_name) return referrals_node(serial);
  }
  return TableBranch::lookup(parent, name);
}

Found<struct stat> PortsBranch::attributes(NodeId node) const {
  if (is_below_referrals(node)) {
    const auto found = of_referral(node);
    if (!found) return tl::unexpected(found.error());
    const ReferralRow* const row = referral_row(node);
    if (row == nullptr) return directory_stat(node, owner_, found->view().made, 0);
    return file_stat(node, 0644, owner_, found->port->changed,
                     text_of(found->view().wanted, row->kind).size());
  }
  if (!is_groups(node) && !is_group(node) && !is_referrals(node)) {
    auto st = TableBranch::attributes(node);
    if (st && is_directory_of_port(node)) st->st_nlink += has_groups() ? 2U : 1U;
    return st;
  }
  const auto snapshot = table_.decides.snapshot();
  const PortView* const view = snapshot->find(serial_of(node));
  if (view == nullptr) return tl::unexpected(ESTALE);
  if (is_group(node))
    return file_stat(node, 0644, owner_, view->changed, text_of(*view, group_of(node)).size());
  return directory_stat(node, owner_, view->changed,
                        is_referrals(node) ? view->referrals.size() : 0);
}

Found<std::vector<Entry>> PortsBranch::list(NodeId directory) const {
  if (is_group(directory)) return tl::unexpected(ENOTDIR);
  std::vector<Entry> entries{{".", directory, S_IFDIR}};
  const std::uint64_t serial = serial_of(directory);
  if (is_below_referrals(directory)) {
    const auto found = of_referral(directory);
    if (!found) return tl::unexpected(found.error());
    if (slot_of(directory) != 0) return tl::unexpected(ENOTDIR);
    entries.push_back({"..", referrals_node(found->port->serial), S_IFDIR});
    for (unsigned row = 0; row < referral_rows.size(); ++row)
      entries.push_back(
          {std::string(referral_rows.at(row).name), referral_node(serial, row + 1), S_IFREG});
    return entries;
  }
  if (is_groups(directory) || is_referrals(directory)) {
    const auto snapshot = table_.decides.snapshot();
    const PortView* const view = snapshot->find(serial);
    if (view == nullptr) return tl::unexpected(ESTALE);
    entries.push_back({"..", port_node(serial), S_IFDIR});
    if (is_groups(directory)) {
      for (const auto& [group, state] : view->ana_groups)
        entries.push_back({std::to_string(group), ana_group_node(serial, group), S_IFREG});
    } else {
      for (const auto& [name, referral] : view->referrals)
        entries.push_back({name, referral_node(referral.serial), S_IFDIR});
    }
    return entries;
  }
  auto all = TableBranch::list(directory);
  if (!all || !is_directory_of_port(directory)) return all;
  if (has_groups()) all->push_back({std::string(groups_name), ana_groups_node(serial), S_IFDIR});
  all->push_back({std::string(referrals_name), referrals_node(serial), S_IFDIR});
  return all;
}

Found<std::string> PortsBranch::text(NodeId file) const {
  if (is_groups(file) || is_referrals(file)) return tl::unexpected(EISDIR);
  if (is_below_referrals(file)) {
    const auto found = of_referral(file);
    if (!found) return tl::unexpected(found.error());
    const ReferralRow* const row = referral_row(file);
    if (row == nullptr) return tl::unexpected(EISDIR);
    return text_of(found->view().wanted, row->kind);
  }
  if (!is_group(file)) return TableBranch::text(file);
  const auto snapshot = table_.decides.snapshot();
  const PortView* const view = snapshot->find(serial_of(file));
  if (view == nullptr) return tl::unexpected(ESTALE);
  return text_of(*view, group_of(file));
}

Found<std::shared_ptr<const WritableFile>> PortsBranch::writable(NodeId file) const {
  if (is_below_referrals(file)) {
    const auto found = of_referral(file);
    if (!found) return tl::unexpected(found.error());
    const ReferralRow* const row = referral_row(file);
    if (row == nullptr) return tl::unexpected(EACCES);
    return std::make_shared<const ReferralFile>(table_.decides, *found->port, found->name, *row,
                                                default_transport_);
  }
  if (!is_group(file)) return TableBranch::writable(file);
  const std::uint64_t serial = serial_of(file);
  const auto snapshot = table_.decides.snapshot();
  if (snapshot->find(serial) == nullptr) return tl::unexpected(ESTALE);
  return std::make_shared<const AnaGroupFile>(table_.decides, snapshot->names.at(serial), serial,
                                              group_of(file));
}

bool PortsBranch::cacheable(NodeId node) const {
  return is_below_referrals(node) || is_group(node) || TableBranch::cacheable(node);
}

bool PortsBranch::is_for_making(NodeId node) const {
  return node == ports_node || is_referrals(node);
}

void PortsBranch::make(Caller caller, NodeId in, std::string_view name,
                       Completion completion) const {
  if (!is_referrals(in))
    return TableBranch::make(std::move(caller), in, name, std::move(completion));
  submit_referral(
      std::move(caller), in, name,
      [](std::string valid) { return Intent(MakeReferral{std::move(valid)}); },
      std::move(completion));
}

void PortsBranch::remove(Caller caller, NodeId in, std::string_view name,
                         Completion completion) const {
  if (!is_referrals(in))
    return TableBranch::remove(std::move(caller), in, name, std::move(completion));
  submit_referral(
      std::move(caller), in, name,
      [](std::string valid) { return Intent(RemoveReferral{std::move(valid)}); },
      std::move(completion));
}

void PortsBranch::submit_referral(Caller caller, NodeId in, std::string_view name,
                                  const std::function<Intent(std::string)>& intent,
                                  Completion completion) const {
  const auto snapshot = table_.decides.snapshot();
  const PortView* const view = snapshot->find(serial_of(in));
  if (view == nullptr)
    return completion(refuse(ESTALE, Reason::gone, "no export names this address any more"));
  table_.decides.submit({.caller = std::move(caller),
                         .name = view->address.name(),
                         .serial = view->serial,
                         .file = fmt::format("{}/{}", referrals_name, name),
                         .value = "",
                         .intent = parse_referral_name(name).map(intent)},
                        std::move(completion));
}

}  // namespace nvmeofs
