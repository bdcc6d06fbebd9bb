#include "nvmeofs/space_setting.h"

#include <algorithm>
#include <cerrno>

#include "model/json_section.h"
#include "model/setting.h"

namespace nvmeofs {
namespace {

// "0000:01:00.0"
bool is_pci_address(std::string_view text) {
  constexpr std::string_view form = "hhhh:hh:hh.o";
  return text.size() == form.size() &&
         std::equal(text.begin(), text.end(), form.begin(), [](char c, char kind) {
           return kind == 'h' ? is_hex(c) : kind == 'o' ? c >= '0' && c <= '7' : c == kind;
         });
}

}  // namespace

const SpaceSetting* find_space_setting(std::string_view name) {
  return find_row(space_settings, &SpaceSetting::name, name);
}

Result<std::string> check(const SpaceSetting& setting, std::string_view text) {
  if (setting.name == "p2pmem") {
    if (is_pci_address(text)) return std::string(text);
    // The kernel looks for a device of that name before it takes a word for yes or no.
    if (text != "0" && text != "1")
      return refuse(EINVAL, Reason::bad_value, "write 0, 1 or a PCI address, as in 0000:01:00.0");
  }
  return check_bool(text);
}

}  // namespace nvmeofs
