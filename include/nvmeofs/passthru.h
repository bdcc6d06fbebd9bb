// How the kernel hands a host's commands to an NVMe controller of this machine: by the name of its
// file in passthru/ of an export, which is the kernel's, and what may stand in it. All of it can be
// changed at any time.
//
// Source: drivers/nvme/target/{configfs,passthru}.c; nvmet-rules.md 5. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "nvmeofs/error.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

struct PassthruSetting {
  std::string_view name;
  std::string_view doc;
};

inline constexpr std::array passthru_settings{
    PassthruSetting{"admin_timeout",
                    "longest that an admin command may take, in ticks of the kernel (jiffies; "
                    "Debian has 250 in a second); 0: as long as the driver allows"},
    PassthruSetting{"io_timeout", "the same for a read, a write and the like"},
    PassthruSetting{"clear_ids",
                    "1: hosts do not see the drive's own ids of its namespaces (EUI-64, NGUID, "
                    "UUID)"},
};

using PassthruSettings = Attributes;

// nullptr: there is none of that name.
const PassthruSetting* find_passthru_setting(std::string_view name);

// What is written, in the form that the kernel reads back; EINVAL.
Result<std::string> check(const PassthruSetting& setting, std::string_view text);

}  // namespace nvmeofs
