// The files of a discovery controller.
#pragma once

#include <span>

#include "fs/attribute.h"
#include "nvmeofs/discoveries.h"

namespace nvmeofs {

// The connections are asked for the state of what the log lists.
using DiscoveryAttribute = AttributeOf<Connections, DiscoveryView, DiscoveryIntent>;

std::span<const DiscoveryAttribute> discovery_attributes();

}  // namespace nvmeofs
