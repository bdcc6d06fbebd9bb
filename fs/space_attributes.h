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

// Those of space_settings too, whether this kernel has them or not.
std::span<const SpaceAttribute> space_attributes();

bool has_attribute(const KernelAttributes& kernel, const SpaceAttribute& attribute);

}  // namespace nvmeofs
