#include "fs/port_attributes.h"

#include <array>
#include <utility>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

std::string show_exports(const Engine&, const PortView& view) {
  std::string text;
  for (const auto& name : view.exports) text += printable(name) + "\n";
  return text;
}

template <std::size_t at>
std::string show_setting(const Engine&, const PortView& view) {
  const auto value = view.value(port_settings[at]);
  return value ? *value + "\n" : std::string();
}

template <std::size_t at>
Result<Intent> store_setting(std::string_view text, const StoreRules&) {
  return Intent(SetPortSetting{std::string(port_settings[at].name),
                               text.empty() ? std::nullopt : std::optional<std::string>(text)});
}

template <std::size_t... at>
constexpr auto make_rows(std::index_sequence<at...>) {
  return std::array{PortAttribute{"exports", 0444, Kind::report, show_exports, nullptr,
                                  "the names that the kernel serves here"},
                    PortAttribute{port_settings[at].name, 0644, Kind::value, show_setting<at>,
                                  store_setting<at>, port_settings[at].doc}...};
}

constexpr auto rows = make_rows(std::make_index_sequence<port_settings.size()>{});

}  // namespace

std::span<const PortAttribute> port_attributes() {
  return rows;
}

}  // namespace nvmeofs
