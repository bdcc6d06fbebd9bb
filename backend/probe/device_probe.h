// The disks and files of this machine.
#pragma once

#include "nvmeofs/probe.h"

namespace nvmeofs {

// Keeps nothing between calls: any thread, several at once. An examination claims the device for
// the moment that it takes, so two at once of one device see each other; and a device that is
// claimed already is in use, by whomever: whoever holds the claim must not examine again.
class MachineDevices : public DeviceProbe {
 public:
  Result<DeviceId> identify(const std::string& path) override;
  Result<void> check_caller(const Caller& caller, const std::string& path) override;
  Result<Disk> examine(const DevicePath& device, Members members) override;
  Result<std::unique_ptr<Claim>> claim(const DevicePath& device, Members members) override;
  Result<Controller> identify_controller(const std::string& path) override;
  Result<std::unique_ptr<ControllerClaim>> claim_controller(const DevicePath& device,
                                                            Members members) override;
  Result<DeviceIo> io(const DeviceId& device) override;
};

}  // namespace nvmeofs
