#include "udev_record.h"

#include <systemd/sd-device.h>

#include <memory>

namespace nvmeofs {
namespace {

struct Unref {
  void operator()(sd_device* device) const { sd_device_unref(device); }
};

}  // namespace

std::optional<std::string> udev_property(dev_t device, const char* name) {
  sd_device* raw = nullptr;
  if (sd_device_new_from_devnum(&raw, 'b', device) < 0) return std::nullopt;
  const std::unique_ptr<sd_device, Unref> found(raw);
  const char* value = nullptr;
  if (sd_device_get_property_value(raw, name, &value) < 0) return std::nullopt;
  return value;
}

}  // namespace nvmeofs
