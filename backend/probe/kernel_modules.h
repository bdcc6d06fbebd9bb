// Kernel modules, by name. Any thread.
#pragma once

#include <string>

#include "nvmeofs/error.h"

namespace nvmeofs {

enum class ModuleState {
  loaded,
  builtin,
  available,  // not in the kernel, but it can be loaded
  absent,
};

ModuleState module_state(const std::string& name);

// What modprobe does: loads the module and what it depends on. Nothing to do when the kernel has
// it. ENODEV, Reason::no_module, when this kernel has no such module; else the errno of the
// loading, Reason::kernel_refused.
Result<void> load_module(const std::string& name);

// What rmmod does: that module alone. Nothing to do when it is not loaded. EBUSY when something
// uses it.
Result<void> unload_module(const std::string& name);

}  // namespace nvmeofs
