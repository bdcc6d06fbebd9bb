// Which file it is, for good.
#pragma once

#include <string>

namespace nvmeofs {

// "file inode 12 made 2026-01-31T12:00:00.123456789Z on file system 0a1b2c3d-…": the same after a
// reboot, whatever the path and the number of the disk below. Empty when the file system below
// cannot be told now. `fd` is open on the file, O_PATH will do. Any thread.
std::string file_identity(int fd);

}  // namespace nvmeofs
