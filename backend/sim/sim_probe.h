// The simulated machine's disks and addresses, judged as the real ones are.
#pragma once

#include <memory>
#include <string>

#include "nvmeofs/probe.h"
#include "sim/kernel.h"

namespace nvmeofs {

// The kernel outlives it and its claims. Any thread. Claims count for the whole machine, whichever
// SimDevices they were made through.
class SimDevices : public DeviceProbe {
 public:
  explicit SimDevices(SimKernel& kernel) : kernel_(kernel) {}

  Result<DeviceId> identify(const std::string& path) override;
  Result<void> check_caller(const Caller& caller, const std::string& path) override;
  Result<Disk> examine(const DevicePath& device, Members members) override;
  Result<std::unique_ptr<Claim>> claim(const DevicePath& device, Members members) override;
  Result<Controller> identify_controller(const std::string& path) override;
  Result<std::unique_ptr<ControllerClaim>> claim_controller(const DevicePath& device,
                                                            Members members) override;
  // Made-up numbers, always the same of one device.
  Result<DeviceIo> io(const DeviceId& device) override;

 private:
  Result<std::unique_ptr<Claim>> claim_disk(const std::string& disk, const DevicePath& written,
                                            Members members);

  SimKernel& kernel_;
};

// The kernel outlives it. Any thread.
class SimAddresses : public AddressProbe {
 public:
  explicit SimAddresses(SimKernel& kernel) : kernel_(kernel) {}

  Result<void> check(const TransportAddress& address) override;
  Result<void> check_tls() override;

 private:
  SimKernel& kernel_;
};

}  // namespace nvmeofs
