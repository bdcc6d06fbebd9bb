#include "sim/port.h"

#include <algorithm>
#include <array>

#include "sim/listen.h"
#include "sim/subsystem.h"
#include "sim/text.h"

namespace nvmeofs::sim {
namespace {

constexpr std::size_t traddr_max_write = 256;  // NVMF_TRADDR_SIZE
constexpr std::size_t trsvcid_max_write = 32;  // NVMF_TRSVCID_SIZE

const Port& of(const Item& item) {
  return static_cast<const Port&>(item);
}
Port& of(Item& item) {
  return static_cast<Port&>(item);
}
const Addressed& addressed(const Item& item) {
  return static_cast<const Addressed&>(item);
}
Addressed& addressed(Item& item) {
  return static_cast<Addressed&>(item);
}

std::string show_trtype(const Item& item) {
  return addressed(item).trtype;
}

// Resets addr_tsas, which means something else to each transport.
Syscall<void> store_trtype(Item& item, std::string_view written) {
  Addressed& port = addressed(item);
  if (port.enabled()) return fails(EACCES);
  const auto name = to_name(written, {"rdma", "fc", "tcp", "loop"});
  if (!name) return fails(name.error());
  port.trtype = *name;
  port.tsas = *name == "tcp" ? "none" : *name == "rdma" ? "connected" : "";
  return {};
}

std::string show_adrfam(const Item& item) {
  return addressed(item).adrfam;
}

Syscall<void> store_adrfam(Item& item, std::string_view written) {
  if (addressed(item).enabled()) return fails(EACCES);
  const auto name = to_name(written, {"ipv4", "ipv6", "ib", "fc", "loop"});
  if (!name) return fails(name.error());
  addressed(item).adrfam = *name;
  return {};
}

std::string show_traddr(const Item& item) {
  return addressed(item).traddr;
}

Syscall<void> store_traddr(Item& item, std::string_view written) {
  if (written.size() > traddr_max_write) return fails(EINVAL);
  if (addressed(item).enabled()) return fails(EACCES);
  addressed(item).traddr = to_word(written);
  return {};
}

std::string show_trsvcid(const Item& item) {
  return addressed(item).trsvcid;
}

Syscall<void> store_trsvcid(Item& item, std::string_view written) {
  if (written.size() > trsvcid_max_write) return fails(EINVAL);
  if (addressed(item).enabled()) return fails(EACCES);
  addressed(item).trsvcid = to_word(written);
  return {};
}

std::string show_treq(const Item& item) {
  return addressed(item).treq;
}

Syscall<void> store_treq(Item& item, std::string_view written) {
  Addressed& port = addressed(item);
  if (port.enabled()) return fails(EACCES);
  const auto name = to_name(written, {"not specified", "required", "not required"});
  if (!name) return fails(name.error());
  if (port.tsas == "tls1.3" && *name == "not specified") return fails(EINVAL);
  port.treq = *name;
  return {};
}

std::string show_tsas(const Item& item) {
  return of(item).tsas;
}

Syscall<void> store_tsas(Item& item, std::string_view written) {
  Port& port = of(item);
  if (port.enabled()) return fails(EACCES);
  if (port.trtype == "rdma") {
    const auto name = to_name(written, {"connected"});
    return name ? Syscall<void>() : Syscall<void>(fails(name.error()));
  }
  if (port.trtype != "tcp") return fails(EINVAL);
  const auto name = to_name(written, {"none", "tls1.3"});
  if (!name) return fails(name.error());
  if (*name == "none") {
    port.treq = "not specified";
  } else if (port.treq == "not specified") {
    port.treq = "required";
  }
  port.tsas = *name;
  return {};
}

std::string show_inline_data_size(const Item& item) {
  return std::to_string(of(item).inline_data_size);
}

Syscall<void> store_inline_data_size(Item& item, std::string_view written) {
  if (of(item).enabled()) return fails(EACCES);
  const auto number = to_int(written);
  if (!number) return fails(EINVAL);
  of(item).inline_data_size = *number;
  return {};
}

std::string show_max_queue_size(const Item& item) {
  return std::to_string(of(item).max_queue_size);
}

Syscall<void> store_max_queue_size(Item& item, std::string_view written) {
  if (of(item).enabled()) return fails(EACCES);
  const auto number = to_int(written);
  if (!number) return fails(EINVAL);
  of(item).max_queue_size = *number;
  return {};
}

std::string show_pi_enable(const Item& item) {
  return of(item).pi_enable ? "1" : "0";
}

Syscall<void> store_pi_enable(Item& item, std::string_view written) {
  const auto on = to_bool(written);
  if (!on) return fails(on.error());
  if (of(item).enabled()) return fails(EACCES);
  of(item).pi_enable = *on;
  return {};
}

constexpr std::array attribute_rows{
    Attribute{"param_inline_data_size", show_inline_data_size, store_inline_data_size},
    Attribute{"param_max_queue_size", show_max_queue_size, store_max_queue_size},
    Attribute{"param_pi_enable", show_pi_enable, store_pi_enable},
    Attribute{"addr_trtype", show_trtype, store_trtype},
    Attribute{"addr_adrfam", show_adrfam, store_adrfam},
    Attribute{"addr_traddr", show_traddr, store_traddr},
    Attribute{"addr_trsvcid", show_trsvcid, store_trsvcid},
    Attribute{"addr_treq", show_treq, store_treq},
    Attribute{"addr_tsas", show_tsas, store_tsas},
};

const Referral& of_referral(const Item& item) {
  return static_cast<const Referral&>(item);
}
Referral& of_referral(Item& item) {
  return static_cast<Referral&>(item);
}

std::string show_portid(const Item& item) {
  return std::to_string(of_referral(item).portid);
}

Syscall<void> store_portid(Item& item, std::string_view written) {
  const auto number = to_unsigned(written, UINT16_MAX);
  if (!number) return fails(EINVAL);
  if (of_referral(item).enabled()) return fails(EACCES);
  of_referral(item).portid = *number;
  return {};
}

std::string show_enable(const Item& item) {
  return of_referral(item).on ? "1" : "0";
}

// Also with no address at all.
Syscall<void> store_enable(Item& item, std::string_view written) {
  const auto on = to_bool(written);
  if (!on) return fails(on.error());
  of_referral(item).on = *on;
  return {};
}

constexpr std::array referral_rows{
    Attribute{"addr_trtype", show_trtype, store_trtype},
    Attribute{"addr_adrfam", show_adrfam, store_adrfam},
    Attribute{"addr_traddr", show_traddr, store_traddr},
    Attribute{"addr_trsvcid", show_trsvcid, store_trsvcid},
    Attribute{"addr_treq", show_treq, store_treq},
    Attribute{"addr_portid", show_portid, store_portid},
    Attribute{"enable", show_enable, store_enable},
};

std::string show_ana_state(const Item& item) {
  return static_cast<const AnaGroup&>(item).state;
}

Syscall<void> store_ana_state(Item& item, std::string_view written) {
  const auto name =
      to_name(written, {"optimized", "non-optimized", "inaccessible", "persistent-loss", "change"});
  if (!name) return fails(name.error());
  static_cast<AnaGroup&>(item).state = *name;
  return {};
}

constexpr std::array ana_group_rows{Attribute{"ana_state", show_ana_state, store_ana_state}};

}  // namespace

Attributes Addressed::address() const {
  Attributes named;
  for (const auto& [name, text] : {std::pair{"addr_trtype", &trtype},
                                   {"addr_adrfam", &adrfam},
                                   {"addr_traddr", &traddr},
                                   {"addr_trsvcid", &trsvcid}}) {
    if (!text->empty()) named.emplace(name, *text);
  }
  return named;
}

std::span<const Attribute> Referral::attributes() const {
  return referral_rows;
}

Syscall<std::unique_ptr<Item>> Referrals::make(const std::string& name) {
  return std::make_unique<Referral>(name);
}

std::span<const Attribute> AnaGroup::attributes() const {
  return ana_group_rows;
}

Syscall<std::unique_ptr<Item>> AnaGroups::make(const std::string& name) {
  const auto group = to_unsigned(name, UINT32_MAX);
  if (!group) return fails(group.error());
  if (*group <= 1 || *group > max_ana_groups) return fails(EINVAL);
  return std::make_unique<AnaGroup>(name, "inaccessible");
}

Syscall<void> PortSubsystems::allow_link(Item& target) {
  const auto* subsystem = dynamic_cast<const Subsystem*>(&target);
  if (subsystem == nullptr) return fails(EINVAL);
  if (serves(subsystem->name())) return fails(EEXIST);
  // A port that listens already takes further links without looking at its address again.
  return links().empty() ? port_.listen() : Syscall<void>();
}

void PortSubsystems::drop_link(Item& target) {
  std::erase_if(port_.nvmet().controllers, [&](const SimController& controller) {
    return controller.port == port_.name() && controller.subsystem == target.name();
  });
  if (links().empty()) port_.stop_listening();
}

bool PortSubsystems::serves(const std::string& nqn) const {
  return std::ranges::any_of(links(), [&](const auto& link) { return link.second->name() == nqn; });
}

Port::Port(const std::string& name, Nvmet& nvmet)
    : Addressed(name),
      nvmet_(nvmet),
      subsystems_(&add_built_in<PortSubsystems>(*this)),
      ana_groups_(&add_built_in<AnaGroups>()),
      referrals_(&add_built_in<Referrals>()) {}

Port::~Port() {
  stop_listening();
}

std::span<const Attribute> Port::attributes() const {
  return attribute_rows;
}

Syscall<void> Port::listen() {
  auto address = parse_listen_address(trtype, adrfam, traddr, trsvcid, nvmet_.machine);
  if (!address) return fails(address.error());
  std::vector<TransportAddress> others;
  for (const Port* port : nvmet_.listening) others.push_back(*port->listening());
  if (auto checked = check_listen(*address, nvmet_.machine, others); !checked) return checked;
  if (pi_enable && address->trtype != Trtype::rdma) return fails(EINVAL);
  choose_sizes(address->trtype);
  listening_ = std::move(*address);
  nvmet_.listening.push_back(this);
  return {};
}

// nvmet_rdma_add_port, nvmet_tcp_add_port and nvmet_enable_port, by which others have none.
void Port::choose_sizes(Trtype transport) {
  const bool rdma = transport == Trtype::rdma;
  if (inline_data_size < 0) inline_data_size = rdma ? 4096 : transport == Trtype::tcp ? 16384 : 0;
  if (rdma) inline_data_size = std::min(inline_data_size, 16384);
  if (rdma && max_queue_size < 0) max_queue_size = 128;
  if (rdma) max_queue_size = std::min(max_queue_size, 256);
  if (max_queue_size < 0) max_queue_size = 1024;
  max_queue_size = std::clamp(max_queue_size, 16, 1024);
}

void Port::stop_listening() {
  listening_.reset();
  std::erase(nvmet_.listening, this);
}

nvmeofs::Port Port::value() const {
  nvmeofs::Port value;
  value.attributes = address();
  value.attributes.emplace("param_inline_data_size", std::to_string(inline_data_size));
  value.attributes.emplace("param_max_queue_size", std::to_string(max_queue_size));
  value.attributes.emplace("param_pi_enable", pi_enable ? "1" : "0");
  value.attributes.emplace("addr_treq", treq);
  value.attributes.emplace("addr_tsas", tsas);
  for (const auto& [name, subsystem] : subsystems_->links()) {
    value.subsystems.emplace(subsystem->name(), name);
  }
  for (const auto& [name, group] : ana_groups_->children())
    value.ana_groups.emplace(name, static_cast<const AnaGroup&>(*group).state);
  for (const auto& [name, referral] : referrals_->children())
    value.referrals.emplace(name, of_referral(*referral).value());
  return value;
}

// A listener is bound to the RDMA device that answered for its address, and goes with that. It
// stays when only the address goes, and on a wildcard or loopback address, which are bound to no
// device.
void Port::notice_machine() {
  if (!listening_ || listening_->trtype != Trtype::rdma) return;
  if (listening_->is_wildcard() || listening_->is_loopback()) return;
  const auto& addresses = nvmet_.machine.addresses;
  const auto rdma_device = addresses.find(listening_->traddr);
  if (rdma_device == addresses.end() || !rdma_device->second.empty()) return;
  std::erase_if(nvmet_.controllers,
                [&](const SimController& controller) { return controller.port == name(); });
  stop_listening();
}

Syscall<std::unique_ptr<Item>> Ports::make(const std::string& name) {
  if (!to_unsigned(name, UINT16_MAX)) return fails(EINVAL);
  return std::make_unique<Port>(name, nvmet_);
}

}  // namespace nvmeofs::sim
