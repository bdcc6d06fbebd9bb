// New identities for new exports.
#pragma once

#include "nvmeofs/export.h"

namespace nvmeofs {

// A random UUID (version 4), as random an NGUID, and a serial number of 20 random hexadecimal
// digits, as nvmet would make them; the difference is that ours are kept. Any thread.
Identity random_identity();

}  // namespace nvmeofs
