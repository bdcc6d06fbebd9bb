// The files of a namespace of an export.
#pragma once

#include <functional>
#include <span>

#include "fs/attribute.h"
#include "nvmeofs/engine.h"

namespace nvmeofs {

// What is asked for, of whichever namespace.
using SpaceIntent = std::function<Intent(Nsid)>;
using SpaceAttribute = AttributeOf<Engine, Space, SpaceIntent>;

std::span<const SpaceAttribute> space_attributes();

}  // namespace nvmeofs
