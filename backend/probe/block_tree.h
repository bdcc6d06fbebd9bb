// How block devices lie on one another, as sysfs has it. Any thread; a device that is not there has
// no relatives. Nothing here opens a device, but for open_node().
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "nvmeofs/fd.h"

namespace nvmeofs {

// A file in the device's sysfs folder, without its newline: "ro", "dm/name".
std::optional<std::string> block_attribute(dev_t device, const std::string& name);

std::string block_node(dev_t device);  // "/dev/sda1", by the kernel's name of it
Fd open_node(dev_t device);            // to be read; none when the node is not that device
dev_t whole_disk(dev_t device);        // of a partition; any other device itself
bool is_partition(dev_t device);
std::vector<dev_t> partitions_of(dev_t disk);
std::vector<dev_t> holders_of(dev_t device);  // what dm, md, bcache or drbd made of it
std::vector<dev_t> slaves_of(dev_t device);   // what dm, md, bcache or drbd made it of

// The device and everything below it: partition → disk, LVM volume → its physical volumes, …
std::vector<dev_t> layers_below(dev_t device);

// The devices of a mounted btrfs that `device` is one of, itself included; empty when there is
// none.
std::vector<dev_t> btrfs_devices(dev_t device);

}  // namespace nvmeofs
