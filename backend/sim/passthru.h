// subsystems/<nqn>/passthru: the drive's own controller answers hosts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "nvmeofs/target.h"
#include "sim/item.h"
#include "sim/nvmet.h"

namespace nvmeofs::sim {

class Subsystem;

class Passthru : public Item {
 public:
  Passthru(Subsystem& subsystem, Nvmet& nvmet)
      : Item("passthru"), subsystem_(subsystem), nvmet_(nvmet) {}
  ~Passthru() override { disable(); }

  std::span<const Attribute> attributes() const override;

  // EINVAL: on already, no path, no controller of this machine, one that another subsystem has, or
  // a namespace is enabled. ENOENT, EISDIR: as open(2) says.
  Syscall<void> enable();
  // Ends no connection.
  void disable();

  bool enabled() const { return controller_.has_value(); }
  nvmeofs::Passthru value() const;

  std::optional<std::string> device_path;
  std::uint32_t admin_timeout = 0;
  std::uint32_t io_timeout = 0;
  std::uint32_t clear_ids = 0;

 private:
  Subsystem& subsystem_;  // gone already when this one goes
  Nvmet& nvmet_;
  std::optional<std::uint64_t> controller_;  // SimDevice::number
};

}  // namespace nvmeofs::sim
