// What stands on a block device, read by libblkid. Any thread; opens and reads the device.
#pragma once

#include <sys/types.h>

#include <string>

#include "nvmeofs/error.h"

namespace nvmeofs {

// The UUID of the file system on it; empty: none, or one without. An error: it could not be read,
// or there are several file systems on it.
Result<std::string> file_system_uuid(dev_t device);

// The UUID that the disk's partition table has for a partition of it; empty: the table has none, or
// the partition is in no table. An error: the disk could not be read.
Result<std::string> partition_uuid(dev_t disk, dev_t partition);

}  // namespace nvmeofs
