#include "nvmeofs/subsystem_setting.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "model/setting.h"

namespace nvmeofs {
namespace {

// NVME_CNTLID_MAX of the kernel; the specification keeps what is above.
constexpr unsigned highest_cntlid = 65519;

Result<std::string> check_text(std::string_view text, std::size_t most) {
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  // Hosts see it padded with blanks, and the kernel reads a serial number back so.
  if (!text.empty() && text.size() <= most && printable && text.front() != ' ' &&
      text.back() != ' ')
    return std::string(text);
  return refuse(EINVAL, Reason::bad_value,
                "write 1 to {} printable ASCII characters, with no blank at either end", most);
}

// 1.3, or 2.0.1; the kernel leaves out a third part that is 0.
Result<std::string> check_version(std::string_view text) {
  const auto refused = refuse(EINVAL, Reason::bad_value,
                              "write a version as in 1.3 or 1.2.1, each part from 0 to 255");
  std::array<unsigned, 3> parts{};
  std::size_t count = 0;
  for (std::string_view rest = text;;) {
    const auto dot = rest.find('.');
    const auto part = decimal(rest.substr(0, dot), 255);
    if (!part || count == parts.size()) return refused;
    parts.at(count++) = *part;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (count < 2 || parts[0] == 0) return refused;
  return parts[2] == 0 ? fmt::format("{}.{}", parts[0], parts[1])
                       : fmt::format("{}.{}.{}", parts[0], parts[1], parts[2]);
}

Result<unsigned> check_bits(std::string_view text, unsigned most) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const auto number = hex ? hexadecimal(text.substr(2), most) : decimal(text, most);
  if (number) return *number;
  return refuse(EINVAL, Reason::bad_value, "write a number from 0x0 to {:#x}", most);
}

}  // namespace

const SubsystemSetting* find_subsystem_setting(std::string_view name) {
  return find_row(subsystem_settings, &SubsystemSetting::name, name);
}

const SubsystemSetting* find_subsystem_attribute(std::string_view attribute) {
  return find_row(subsystem_settings, &SubsystemSetting::attribute, attribute);
}

Result<std::string> check(const SubsystemSetting& setting, std::string_view text) {
  if (setting.name == "serial") return check_text(text, 20);
  if (setting.name == "model") return check_text(text, 40);
  if (setting.name == "firmware") return check_text(text, 8);
  if (setting.name == "version") return check_version(text);
  if (setting.name == "ieee_oui")
    return check_bits(text, 0xffffff).map([](unsigned oui) { return fmt::format("{:#08x}", oui); });
  if (setting.name.ends_with("vendor_id"))
    return check_bits(text, 0xffff).map([](unsigned id) { return fmt::format("{:#x}", id); });
  if (setting.name == "qid_max") return check_number(text, 1, 128);
  if (setting.name == "pi_enable") return check_bool(text);
  return check_number(text, 1, highest_cntlid);
}

Result<void> check_together(const SubsystemSettings& settings, const Attributes& fresh) {
  const auto limit = [&](const char* name) {
    const auto set = attribute(settings, name);
    return decimal(set.empty() ? attribute(fresh, name) : set, highest_cntlid);
  };
  const auto least = limit("attr_cntlid_min");
  const auto most = limit("attr_cntlid_max");
  if (!least || !most || *least <= *most) return {};
  return refuse(EINVAL, Reason::bad_value,
                "no controller id is left from {} to {}; write the other limit first", *least,
                *most);
}

}  // namespace nvmeofs
