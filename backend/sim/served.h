// The files that a namespace and passthru/ have alike: the path of a device, and whether it is
// open. `Served` has device_path, enabled(), enable() and disable().
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "sim/item.h"
#include "sim/text.h"

namespace nvmeofs::sim {

template <class Served>
std::string show_device_path(const Item& item) {
  return static_cast<const Served&>(item).device_path.value_or("(null)");
}

// Not checked, not trimmed: whatever is wrong with it shows when it is enabled.
template <class Served>
Syscall<void> store_device_path(Item& item, std::string_view written) {
  auto& served = static_cast<Served&>(item);
  if (served.enabled()) return fails(EBUSY);
  const std::string_view path = first_line(written);
  if (path.empty()) return fails(EINVAL);
  served.device_path = std::string(path);
  return {};
}

template <class Served>
std::string show_enable(const Item& item) {
  return static_cast<const Served&>(item).enabled() ? "1" : "0";
}

template <class Served>
Syscall<void> store_enable(Item& item, std::string_view written) {
  auto& served = static_cast<Served&>(item);
  const auto on = to_bool(written);
  if (!on) return fails(on.error());
  if (*on) return served.enable();
  served.disable();
  return {};
}

}  // namespace nvmeofs::sim
