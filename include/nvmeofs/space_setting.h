// How a kernel namespace is served: by the name of its file in namespaces/ of an export, which is
// the kernel's, and what may stand in it. None of it can be changed while the namespace is enabled.
//
// Source: drivers/nvme/target/configfs.c; nvmet-rules.md 1. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "nvmeofs/error.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

struct SpaceSetting {
  std::string_view name;
  std::string_view doc;
};

inline constexpr std::array space_settings{
    SpaceSetting{"buffered_io",
                 "1: through the page cache of this machine; unless written it is "
                 "chosen for files that cannot be had without"},
    SpaceSetting{"resv_enable", "1: hosts can reserve it for themselves"},
    SpaceSetting{"p2pmem", "1, or the PCI address of the memory that transfers go through"},
};

using SpaceSettings = Attributes;

// nullptr: there is none of that name.
const SpaceSetting* find_space_setting(std::string_view name);

// What is written, in the form that the kernel reads back; EINVAL.
Result<std::string> check(const SpaceSetting& setting, std::string_view text);

}  // namespace nvmeofs
