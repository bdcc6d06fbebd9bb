// NVMe controllers of this machine, by their character devices (/dev/nvme0). Any thread.
#pragma once

#include <string>
#include <vector>

#include "nvmeofs/error.h"
#include "nvmeofs/probe.h"

namespace nvmeofs {

struct LocalController {
  Controller controller;
  std::vector<std::string> disks;  // nodes of Controller::disks: "/dev/nvme0n1"
};

// As DeviceProbe::identify_controller(). From sysfs alone: a controller that hangs would let an
// open wait.
Result<LocalController> local_controller(const std::string& path);

// Whether the controller of that number is there, of the same drive.
bool is_present(const Controller& controller);

}  // namespace nvmeofs
