// Block devices that are made of others: what a person calls them. Any thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace nvmeofs {

struct Layer {
  std::string name;  // "the LVM volume vg0/data", "the MD array /dev/md0"
  std::string mend;  // "'vgchange -an vg0' frees it"
};

// Of a device-mapper, MD, bcache or DRBD device.
Layer describe_layer(dev_t device);

// "vg0/data" from device-mapper's "vg0-data"; a dash in either name is doubled there.
std::string lvm_name(std::string_view mapped);

}  // namespace nvmeofs
