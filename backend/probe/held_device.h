// A device that is kept from everyone else by an open descriptor.
#pragma once

#include <cstdint>
#include <optional>

#include "nvmeofs/fd.h"
#include "nvmeofs/probe.h"

namespace nvmeofs {

class HeldDevice : public Claim {
 public:
  // `fd` is open on the device, which its end frees.
  HeldDevice(Disk disk, Fd fd);

  bool present() const override;
  std::uint64_t bytes() const override;
  std::string appearance() const override;

 private:
  Fd fd_;
  // Of a block device: the number that the kernel gives to each disk, or medium, that comes, and to
  // no second one. Before Linux 5.15 there is none.
  std::optional<std::uint64_t> sequence_;
};

}  // namespace nvmeofs
