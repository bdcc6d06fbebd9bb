#include "nvmeofs/port_setting.h"

#include <algorithm>
#include <cerrno>

#include "model/number.h"
#include "nvmeofs/export.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

struct Range {
  unsigned from;
  unsigned to;
};

Result<std::string> check_number(std::string_view text, Range range, std::string_view note) {
  const auto number = decimal(text, range.to);
  if (number && *number >= range.from) return std::to_string(*number);
  return refuse(EINVAL, Reason::bad_value, "write a number from {} to {}{}", range.from, range.to,
                note);
}

Result<std::string> check_pi_enable(Trtype trtype, std::string_view text) {
  const auto on = parse_bool(text);
  if (!on) return tl::unexpected(on.error());
  if (*on && trtype != Trtype::rdma)
    return refuse(EINVAL, Reason::bad_value,
                  "only RDMA has protection information; a port of another transport does not come "
                  "up with it");
  return std::string(*on ? "1" : "0");
}

Result<std::string> check_treq(std::string_view text) {
  for (const std::string_view name : {"not specified", "required", "not required"})
    if (text == name) return std::string(name);
  return refuse(EINVAL, Reason::bad_value, "write 'required', 'not required' or 'not specified'");
}

}  // namespace

const PortSetting* find_port_setting(std::string_view name) {
  const auto* const found =
      std::find_if(port_settings.begin(), port_settings.end(),
                   [&](const PortSetting& setting) { return setting.name == name; });
  return found != port_settings.end() ? found : nullptr;
}

Result<std::string> check(const PortSetting& setting, Trtype trtype, std::string_view text) {
  const bool rdma = trtype == Trtype::rdma;
  // What is larger the kernel cuts down in silence for RDMA (NVMET_RDMA_MAX_INLINE_DATA_SIZE). TCP
  // takes any number of bytes, and has room made for that many for each command of each host.
  if (setting.name == "inline_data_size")
    return check_number(text, rdma ? Range{0, 16384} : Range{0, 1048576},
                        rdma ? ": RDMA takes no more" : "");
  // Both ends are where the kernel cuts in silence (NVMET_MIN_QUEUE_SIZE, NVMET_MAX_QUEUE_SIZE,
  // NVME_RDMA_MAX_QUEUE_SIZE).
  if (setting.name == "max_queue_size")
    return check_number(text, rdma ? Range{16, 256} : Range{16, 1024},
                        rdma ? ": RDMA takes no more" : "");
  if (setting.name == "mdts") return check_number(text, {0, 255}, "");
  if (setting.name == "pi_enable") return check_pi_enable(trtype, text);
  return check_treq(text);
}

Attributes attributes_of(const PortSettings& wanted) {
  Attributes attributes;
  for (const auto& [name, value] : wanted)
    if (const auto* const setting = find_port_setting(name))
      attributes.emplace(setting->attribute, value);
  return attributes;
}

}  // namespace nvmeofs
