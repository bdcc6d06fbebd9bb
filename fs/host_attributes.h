// The files of a host of the target.
#pragma once

#include <span>

#include "fs/attribute.h"
#include "nvmeofs/engine.h"

namespace nvmeofs {

using HostAttribute = AttributeOf<Engine, HostView, Intent>;

// `exports`, and one for each of host_settings, in that order.
std::span<const HostAttribute> host_attributes();

}  // namespace nvmeofs
