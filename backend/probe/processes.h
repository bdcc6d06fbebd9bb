// Which programs have a file open. Any thread; reads names only, so a mount that does not answer
// holds nothing up.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>

namespace nvmeofs {

std::string process_name(pid_t pid);  // "qemu-system-x86 (pid 4711)"

// One program that has the file open under that name (as /proc/<pid>/fd shows it). udev's workers
// do not count: they look at each disk that comes or was written, for a moment, and lose nothing by
// it.
std::optional<std::string> opener_of(const std::string& path);

// The program that holds a flock on the file.
std::optional<std::string> locker_of(const struct stat& file);

}  // namespace nvmeofs
