#include "fs/attribute.h"

#include <cerrno>

#include "nvmeofs/export.h"

namespace nvmeofs {

Result<Switch> parse_switch(std::string_view text, std::string_view way_out) {
  constexpr std::string_view force = " force";
  const bool forced = text.ends_with(force);
  if (forced) text.remove_suffix(force.size());
  Result<bool> on = parse_bool(text);
  if (!on) return tl::make_unexpected(std::move(on.error()));
  if (*on && forced)
    return refuse(EINVAL, Reason::bad_value, "force goes with 0 only; {}", way_out);
  return Switch{*on, forced};
}

}  // namespace nvmeofs
