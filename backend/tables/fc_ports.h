// The FC ports of this machine, as far as sysfs shows them.
#pragma once

#include <string>
#include <vector>

#include "nvmeofs/address.h"

namespace nvmeofs {

struct FcPort {
  std::string name;  // "host3"
  TransportAddress address;
};

// Of adapters, whether they serve NVMe or not: only the kernel knows that. `classes` is /sys/class.
std::vector<FcPort> fc_ports(const std::string& classes = "/sys/class");

bool has(const std::vector<FcPort>& ports, const TransportAddress& address);

// nvme-fcloop is loaded, whose ports no file shows.
bool has_fcloop(const std::string& classes = "/sys/class");

}  // namespace nvmeofs
