#include "fs/host_attributes.h"

#include <array>
#include <utility>

namespace nvmeofs {
namespace {

std::string show_exports(const Engine&, const HostView& view) {
  std::string text;
  for (const auto& name : view.exports) text += name + "\n";
  return text;
}

template <std::size_t at>
std::string show_setting(const Engine&, const HostView& view) {
  const auto value = view.value(host_settings[at]);
  if (host_settings[at].secret) return value ? "set\n" : "unset\n";
  return value ? value->reveal() + "\n" : std::string();
}

template <std::size_t at>
Result<Intent> store_setting(std::string_view text, const StoreRules&) {
  constexpr const HostSetting& setting = host_settings[at];
  if (!text.empty())
    if (auto checked = check(setting, text); !checked) return tl::unexpected(checked.error());
  return Intent(SetHostSetting{std::string(setting.name), Secret(std::string(text))});
}

template <std::size_t... at>
constexpr auto make_rows(std::index_sequence<at...>) {
  return std::array{
      HostAttribute{"exports", 0444, Kind::report, show_exports, nullptr,
                    "the exports that name it"},
      HostAttribute{host_settings[at].name,
                    static_cast<mode_t>(host_settings[at].secret ? 0600 : 0644), Kind::value,
                    show_setting<at>, store_setting<at>, host_settings[at].doc}...};
}

constexpr auto rows = make_rows(std::make_index_sequence<host_settings.size()>{});

}  // namespace

std::span<const HostAttribute> host_attributes() {
  return rows;
}

}  // namespace nvmeofs
