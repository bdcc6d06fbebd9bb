// The files of a port.
#pragma once

#include <span>

#include "fs/attribute.h"
#include "nvmeofs/engine.h"

namespace nvmeofs {

using PortAttribute = AttributeOf<Engine, PortView, Intent>;

// `exports`, and one for each of port_settings(), in that order.
std::span<const PortAttribute> port_attributes();

}  // namespace nvmeofs
