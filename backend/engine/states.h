// What an export is, in a word.
#pragma once

#include "nvmeofs/snapshot.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

// `differs`: the kernel has it otherwise than it should. Pure.
State state_of(const ExportView& view, const Target& observed, bool differs);

}  // namespace nvmeofs
