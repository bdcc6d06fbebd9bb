// Which disk it is, for good: what the disk, or what is kept on it, says of itself.
#pragma once

#include "nvmeofs/export.h"
#include "nvmeofs/probe.h"

namespace nvmeofs {

// Of the device that `fd` is open on. Each kind of disk has one source that counts, so that the
// text is the same whatever else is known by then; it is kept over restarts and compared as it is,
// so these forms are for good:
//
//   wwid naa.5000c500a1b2c3d4                     SCSI, ATA, NVMe
//   serial QEMU_HARDDISK_1                        other disks, virtio
//   partuuid 273cd2ba-… on wwid naa.5000c5…       a partition; `on …` if the disk is known
//   partition 2 on wwid naa.5000c5…               one that has no UUID in its table
//   dm LVM-…                                      device-mapper
//   md 66f904c2d6def6878db9cc141d550fcc           MD
//   file inode 12 made 2026-… on file system …    a file, and a loop device on it
//   file inode 12 … from byte 1048576             a loop device on a part of a file
//
// Empty: nothing known. Any thread; reads the file system below a file, and the partition table.
DiskIdentity disk_identity(const DeviceId& device, int fd);

}  // namespace nvmeofs
