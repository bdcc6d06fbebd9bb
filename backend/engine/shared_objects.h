// Ports and hosts that are ours, between what is stored and what the kernel holds. Pure.
#pragma once

#include <string>

#include "nvmeofs/mapping.h"
#include "nvmeofs/store.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

// What is to be stored before the plan is performed: what is ours, and what will be. A port that
// is half made when the program is killed is found again by this.
StoredKernel stored_objects(const Shared& ours, const Plan& plan, const Target& observed,
                            const std::string& boot_id);

// Those of them that are still ours. The kernel forgets all at the end of a boot, and somebody else
// may have made a port of the same number since: it has to have the address that it had, or none
// yet and nobody who uses it.
Shared shared_of(const StoredKernel& stored, const std::string& boot_id, const Target& observed);

}  // namespace nvmeofs
