#include "sim/subsystem.h"

#include <algorithm>
#include <array>

#include "nvmeofs/nqn.h"
#include "sim/host.h"
#include "sim/namespace.h"
#include "sim/random.h"
#include "sim/text.h"

namespace nvmeofs::sim {
namespace {

constexpr std::size_t serial_length = 20;
constexpr std::size_t model_max_length = 40;

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

constexpr std::array attribute_rows{
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
      allowed_hosts_(&add_built_in<AllowedHosts>(*this)) {}

Subsystem::~Subsystem() = default;

std::span<const Attribute> Subsystem::attributes() const {
  return attribute_rows;
}

std::set<std::string> Subsystem::attribute_names() {
  return names_of(attribute_rows);
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

nvmeofs::Subsystem Subsystem::value() const {
  nvmeofs::Subsystem value;
  // Padded by the kernel, and read without the padding.
  value.attributes["attr_serial"] = serial.substr(0, serial.find_last_not_of(' ') + 1);
  value.attributes["attr_model"] = model;
  value.attributes["attr_allow_any_host"] = show_allow_any_host(*this);
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
