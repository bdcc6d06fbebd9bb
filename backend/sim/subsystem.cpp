#include "sim/subsystem.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "nvmeofs/nqn.h"
#include "sim/host.h"
#include "sim/namespace.h"
#include "sim/passthru.h"
#include "sim/random.h"
#include "sim/text.h"

namespace nvmeofs::sim {
namespace {

constexpr std::size_t serial_length = 20;
constexpr std::size_t model_max_length = 40;
constexpr std::size_t firmware_max_length = 8;
constexpr std::uint32_t version_of_drives = 1U << 16 | 4U << 8;
constexpr std::uint16_t most_queues = 128;  // NVMET_NR_QUEUES

const Subsystem& of(const Item& item) {
  return static_cast<const Subsystem&>(item);
}
Subsystem& of(Item& item) {
  return static_cast<Subsystem&>(item);
}

std::string show_allow_any_host(const Item& item) {
  return of(item).allow_any_host ? "1" : "0";
}

Syscall<void> store_allow_any_host(Item& item, std::string_view written) {
  const auto any = to_bool(written);
  if (!any) return fails(any.error());
  if (*any && !of(item).allowed_hosts().links().empty()) return fails(EINVAL);
  of(item).allow_any_host = *any;
  return {};
}

std::string show_serial(const Item& item) {
  return of(item).serial;
}

Syscall<void> store_serial(Item& item, std::string_view written) {
  if (of(item).discovered) return fails(EINVAL);
  auto serial = to_printable(written, serial_length);
  if (!serial) return fails(serial.error());
  serial->resize(serial_length, ' ');
  of(item).serial = *serial;
  return {};
}

std::string show_model(const Item& item) {
  return of(item).model;
}

Syscall<void> store_model(Item& item, std::string_view written) {
  if (of(item).discovered) return fails(EINVAL);
  const auto model = to_printable(written, model_max_length);
  if (!model) return fails(model.error());
  of(item).model = *model;
  return {};
}

std::string show_firmware(const Item& item) {
  return of(item).firmware;
}

Syscall<void> store_firmware(Item& item, std::string_view written) {
  if (of(item).discovered) return fails(EINVAL);
  const auto firmware = to_printable(written, firmware_max_length);
  if (!firmware) return fails(firmware.error());
  of(item).firmware = *firmware;
  return {};
}

std::string show_ieee_oui(const Item& item) {
  return fmt::format("{:#08x}", of(item).ieee_oui);
}

Syscall<void> store_ieee_oui(Item& item, std::string_view written) {
  if (of(item).discovered) return fails(EINVAL);
  const auto oui = to_unsigned(written, UINT32_MAX);
  if (!oui) return fails(oui.error());
  if (*oui >= 0x1000000) return fails(EINVAL);
  of(item).ieee_oui = *oui;
  return {};
}

std::string show_version(const Item& item) {
  // That of the drive; nvmet remembers it, and forgets its own.
  const bool passed = of(item).passthru().enabled();
  const std::uint32_t version = passed ? version_of_drives : of(item).version;
  const std::uint32_t tertiary = version & 0xff;
  return fmt::format("{}.{}{}", version >> 16, version >> 8 & 0xff,
                     tertiary != 0 ? fmt::format(".{}", tertiary) : "");
}

// sscanf("%d.%d.%d\n"), and no part is checked (NVME_VS).
Syscall<void> store_version(Item& item, std::string_view written) {
  if (of(item).discovered || of(item).passthru().enabled()) return fails(EINVAL);
  std::array<int, 3> parts{};
  if (std::sscanf(std::string(written).c_str(), "%d.%d.%d", &parts[0], &parts[1], &parts[2]) < 2)
    return fails(EINVAL);
  of(item).version = static_cast<std::uint32_t>(parts[0]) << 16 |
                     static_cast<std::uint32_t>(parts[1]) << 8 |
                     static_cast<std::uint32_t>(parts[2]);
  return {};
}

std::string show_cntlid_min(const Item& item) {
  return std::to_string(of(item).cntlid_min);
}

Syscall<void> store_cntlid_min(Item& item, std::string_view written) {
  const auto number = to_wrapped(written);
  if (!number) return fails(number.error());
  if (*number == 0 || *number > of(item).cntlid_max) return fails(EINVAL);
  of(item).cntlid_min = *number;
  return {};
}

std::string show_cntlid_max(const Item& item) {
  return std::to_string(of(item).cntlid_max);
}

Syscall<void> store_cntlid_max(Item& item, std::string_view written) {
  const auto number = to_wrapped(written);
  if (!number) return fails(number.error());
  if (*number < of(item).cntlid_min) return fails(EINVAL);
  of(item).cntlid_max = *number;
  return {};
}

std::string show_qid_max(const Item& item) {
  return std::to_string(of(item).qid_max);
}

Syscall<void> store_qid_max(Item& item, std::string_view written) {
  const auto number = to_wrapped(written);
  if (!number) return fails(number.error());
  if (*number == 0 || *number > most_queues) return fails(EINVAL);
  of(item).qid_max = *number;
  return {};
}

std::string show_pi_enable(const Item& item) {
  return of(item).pi_enable ? "1" : "0";
}

Syscall<void> store_pi_enable(Item& item, std::string_view written) {
  const auto on = to_bool(written);
  if (!on) return fails(on.error());
  of(item).pi_enable = *on;
  return {};
}

constexpr std::array attribute_rows{
    Attribute{"attr_firmware", show_firmware, store_firmware},
    Attribute{"attr_ieee_oui", show_ieee_oui, store_ieee_oui},
    Attribute{"attr_version", show_version, store_version},
    Attribute{"attr_cntlid_min", show_cntlid_min, store_cntlid_min},
    Attribute{"attr_cntlid_max", show_cntlid_max, store_cntlid_max},
    Attribute{"attr_qid_max", show_qid_max, store_qid_max},
    Attribute{"attr_pi_enable", show_pi_enable, store_pi_enable},
    Attribute{"attr_allow_any_host", show_allow_any_host, store_allow_any_host},
    Attribute{"attr_serial", show_serial, store_serial},
    Attribute{"attr_model", show_model, store_model},
};

}  // namespace

Syscall<void> AllowedHosts::allow_link(Item& target) {
  const auto* host = dynamic_cast<const Host*>(&target);
  if (host == nullptr || subsystem_.allow_any_host) return fails(EINVAL);
  if (allows(host->name())) return fails(EEXIST);
  return {};
}

bool AllowedHosts::allows(const std::string& host_nqn) const {
  return std::ranges::any_of(links(),
                             [&](const auto& link) { return link.second->name() == host_nqn; });
}

Subsystem::Subsystem(const std::string& nqn, Nvmet& nvmet)
    : Item(nqn),
      serial(random_hex(serial_length)),
      nvmet_(nvmet),
      namespaces_(&add_built_in<Namespaces>(*this)),
      allowed_hosts_(&add_built_in<AllowedHosts>(*this)),
      passthru_(&add_built_in<Passthru>(*this, nvmet)) {}

Subsystem::~Subsystem() = default;

std::span<const Attribute> Subsystem::attributes() const {
  return attribute_rows;
}

bool Subsystem::allows(const std::string& host_nqn) const {
  return allow_any_host || allowed_hosts_->allows(host_nqn);
}

bool Subsystem::has_enabled_nsid(std::uint32_t nsid) const {
  return std::ranges::any_of(namespaces_->children(), [&](const auto& entry) {
    const auto& other = static_cast<const Namespace&>(*entry.second);
    return other.enabled() && other.nsid() == nsid;
  });
}

bool Subsystem::has_enabled_namespace() const {
  return std::ranges::any_of(namespaces_->children(), [](const auto& entry) {
    return static_cast<const Namespace&>(*entry.second).enabled();
  });
}

nvmeofs::Subsystem Subsystem::value() const {
  nvmeofs::Subsystem value;
  value.passthru = passthru_->value();
  // Padded by the kernel, and read without the padding.
  value.attributes["attr_serial"] = serial.substr(0, serial.find_last_not_of(' ') + 1);
  value.attributes["attr_model"] = model;
  for (const auto& row : attribute_rows)
    if (row.name != "attr_serial" && row.name != "attr_model")
      value.attributes.emplace(row.name, row.show(*this));
  for (const auto& [name, child] : namespaces_->children()) {
    value.namespaces.emplace(name, static_cast<const Namespace&>(*child).value());
  }
  for (const auto& [name, host] : allowed_hosts_->links()) {
    value.allowed_hosts.emplace(host->name(), name);
  }
  return value;
}

Syscall<std::unique_ptr<Item>> Subsystems::make(const std::string& name) {
  if (name == Nqn::discovery) return fails(EINVAL);
  return std::make_unique<Subsystem>(name, nvmet_);
}

}  // namespace nvmeofs::sim
