// What a user who is not root may have served.
#pragma once

#include <string>

#include "nvmeofs/caller.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

// As DeviceProbe::check_caller. The path was identified before: it lies on no mount of nvmeofs. Any
// thread; asks on one of its own, as user and groups are a thread's.
Result<void> check_caller_access(const Caller& caller, const std::string& path);

}  // namespace nvmeofs
