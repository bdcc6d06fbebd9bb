#include "sim/passthru.h"

#include <array>

#include "sim/machine.h"
#include "sim/served.h"
#include "sim/subsystem.h"
#include "sim/text.h"

namespace nvmeofs::sim {
namespace {

const Passthru& of(const Item& item) {
  return static_cast<const Passthru&>(item);
}
Passthru& of(Item& item) {
  return static_cast<Passthru&>(item);
}

template <std::uint32_t Passthru::*number>
std::string show_number(const Item& item) {
  return std::to_string(of(item).*number);
}

template <std::uint32_t Passthru::*number>
Syscall<void> store_number(Item& item, std::string_view written) {
  const auto value = to_unsigned(written, UINT32_MAX);
  if (!value) return fails(value.error());
  of(item).*number = *value;
  return {};
}

constexpr std::array attribute_rows{
    Attribute{"device_path", show_device_path<Passthru>, store_device_path<Passthru>},
    Attribute{"enable", show_enable<Passthru>, store_enable<Passthru>},
    Attribute{"admin_timeout", show_number<&Passthru::admin_timeout>,
              store_number<&Passthru::admin_timeout>},
    Attribute{"io_timeout", show_number<&Passthru::io_timeout>,
              store_number<&Passthru::io_timeout>},
    Attribute{"clear_ids", show_number<&Passthru::clear_ids>, store_number<&Passthru::clear_ids>},
};

}  // namespace

std::span<const Attribute> Passthru::attributes() const {
  return attribute_rows;
}

Syscall<void> Passthru::enable() {
  if (enabled() || !device_path || subsystem_.has_enabled_namespace()) return fails(EINVAL);
  const SimDevice* const device = nvmet_.machine.find(*device_path);
  if (device == nullptr) return fails(ENOENT);
  if (device->kind == SimDevice::Kind::directory) return fails(EISDIR);
  if (device->kind != SimDevice::Kind::controller) return fails(EINVAL);
  if (!nvmet_.passed_through.insert(device->number).second) return fails(EINVAL);
  controller_ = device->number;
  return {};
}

void Passthru::disable() {
  if (!enabled()) return;
  nvmet_.passed_through.erase(*controller_);
  controller_.reset();
}

nvmeofs::Passthru Passthru::value() const {
  nvmeofs::Passthru value;
  for (const auto& row : attribute_rows)
    if (row.name != "enable" && (row.name != "device_path" || device_path))
      value.attributes.emplace(row.name, row.show(*this));
  value.enabled = enabled();
  return value;
}

}  // namespace nvmeofs::sim
