// The files of an export.
#pragma once

#include <span>

#include "fs/attribute.h"
#include "nvmeofs/engine.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/snapshot.h"

namespace nvmeofs {

using ExportAttribute = AttributeOf<Engine, ExportView, Intent>;

// Those of subsystem_settings in subsystem/, whether this kernel has them or not.
std::span<const ExportAttribute> export_attributes();

bool has_attribute(const KernelAttributes& kernel, const ExportAttribute& attribute);

}  // namespace nvmeofs
