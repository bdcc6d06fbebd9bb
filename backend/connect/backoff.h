// How long a path that is not there is left alone. Pure.
#pragma once

#include <chrono>

namespace nvmeofs {

// Doubles with each failure up to the longest; spread by a fifth either way, so that the hundred
// paths of a target that comes back do not all knock in the same moment. `failures` from 1;
// `chance` from 0 to 1.
std::chrono::milliseconds pause_after(unsigned failures, std::chrono::milliseconds first,
                                      std::chrono::milliseconds longest, double chance);

}  // namespace nvmeofs
