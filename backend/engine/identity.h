// New identities for new exports and namespaces.
#pragma once

#include "nvmeofs/export.h"

namespace nvmeofs {

// Random ones, as nvmet would make them; the difference is that ours are kept. Any thread.
std::string random_uuid();    // version 4
std::string random_serial();  // 20 hexadecimal digits

}  // namespace nvmeofs
