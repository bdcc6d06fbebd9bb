// Disks that belong to something larger, running or not. When nobody holds them now, the next boot
// (or the next `vgchange -ay`) takes them back. Any thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace nvmeofs {

// What the device, or a partition of it, is a member of: "a physical volume of LVM", "a path of a
// multipath disk"; nothing when it is free. A file system or an encrypted volume that nobody uses
// is free. `fd` is open on the device; its signatures are read.
std::optional<std::string> membership(int fd, dev_t device);

}  // namespace nvmeofs
