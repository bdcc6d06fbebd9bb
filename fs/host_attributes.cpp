#include "fs/host_attributes.h"

#include <vector>

namespace nvmeofs {
namespace {

std::string show_exports(const Engine&, const HostView& view) {
  std::string text;
  for (const auto& name : view.exports) text += name + "\n";
  return text;
}

HostAttribute row_of(const HostSetting& setting) {
  const auto show = [&setting](const Engine&, const HostView& view) -> std::string {
    const auto value = view.value(setting);
    if (setting.secret) return value ? "set\n" : "unset\n";
    return value ? value->reveal() + "\n" : std::string();
  };
  const auto store = [&setting](std::string_view text, const StoreRules&) -> Result<Intent> {
    if (!text.empty())
      if (auto checked = check(setting, text); !checked) return tl::unexpected(checked.error());
    return Intent(SetHostSetting{std::string(setting.name), Secret(std::string(text))});
  };
  return {std::string(setting.name),
          static_cast<mode_t>(setting.secret ? 0600 : 0644),
          Kind::value,
          show,
          store,
          setting.doc,
          setting.secret};
}

std::vector<HostAttribute> make_rows() {
  std::vector<HostAttribute> rows{
      {"exports", 0444, Kind::report, show_exports, nullptr, "the exports that name it"}};
  for (const auto& setting : host_settings) rows.push_back(row_of(setting));
  return rows;
}

}  // namespace

std::span<const HostAttribute> host_attributes() {
  static const auto rows = make_rows();
  return rows;
}

}  // namespace nvmeofs
