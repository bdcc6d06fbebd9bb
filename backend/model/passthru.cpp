#include "nvmeofs/passthru.h"

#include "model/setting.h"

namespace nvmeofs {

const PassthruSetting* find_passthru_setting(std::string_view name) {
  return find_row(passthru_settings, &PassthruSetting::name, name);
}

Result<std::string> check(const PassthruSetting& setting, std::string_view text) {
  if (setting.name == "clear_ids") return check_bool(text);
  return check_number(text, 0, UINT32_MAX);
}

}  // namespace nvmeofs
