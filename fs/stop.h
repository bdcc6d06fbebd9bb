// nvmeofs stop: takes down what a mount manages, then unmounts it.
#pragma once

#include "fs/options.h"

namespace nvmeofs {

// The exit status: 0 when nothing of ours is left in the kernel. Says on standard output what was
// taken down, and on standard error what was not, and why.
//
// The mount goes first, and with it the program that serves it; then this process holds the kernel
// and does the rest over the same state file. So it works as well where that program is dead, and
// nobody can enable anything meanwhile. What is stored is not changed: mounting again brings all of
// it up.
int run_stop(const StopCommand& command);

}  // namespace nvmeofs
