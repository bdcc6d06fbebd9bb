#include "fs/port_attributes.h"

#include <vector>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

std::string show_exports(const Engine&, const PortView& view) {
  std::string text;
  for (const auto& name : view.exports) text += printable(name) + "\n";
  return text;
}

PortAttribute row_of(const PortSetting& setting) {
  const auto show = [&setting](const Engine&, const PortView& view) {
    const auto value = view.value(setting);
    return value ? *value + "\n" : std::string();
  };
  const auto store = [&setting](std::string_view text, const StoreRules&) {
    return Result<Intent>(SetPortSetting{
        std::string(setting.name), text.empty() ? std::nullopt : std::optional<std::string>(text)});
  };
  return {std::string(setting.name), 0644, Kind::value, show, store, setting.doc};
}

std::vector<PortAttribute> make_rows() {
  std::vector<PortAttribute> rows{{"exports", 0444, Kind::report, show_exports, nullptr,
                                   "the names that the kernel serves here"}};
  for (const auto& setting : port_settings) rows.push_back(row_of(setting));
  return rows;
}

}  // namespace

std::span<const PortAttribute> port_attributes() {
  static const auto rows = make_rows();
  return rows;
}

}  // namespace nvmeofs
