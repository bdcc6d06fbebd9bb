// The files of an export.
#pragma once

#include <span>

#include "fs/attribute.h"
#include "nvmeofs/engine.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/snapshot.h"

namespace nvmeofs {

using ExportAttribute = AttributeOf<Engine, ExportView, Intent>;

std::span<const ExportAttribute> export_attributes();

}  // namespace nvmeofs
