// subsystems/<nqn>/namespaces/<nsid>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "nvmeofs/target.h"
#include "sim/item.h"
#include "sim/nvmet.h"

namespace nvmeofs::sim {

class Subsystem;

class Namespace : public Item {
 public:
  Namespace(const std::string& name, std::uint32_t nsid, Subsystem& subsystem);

  std::span<const Attribute> attributes() const override;

  // The kernel opens the device here, read and write and not exclusively: a mounted disk is served
  // without a word. EINVAL, ENOENT, EISDIR, EACCES, ENAMETOOLONG, EBUSY.
  Syscall<void> enable();
  void disable() { enabled_ = false; }

  std::uint32_t nsid() const { return nsid_; }
  bool enabled() const { return enabled_; }
  nvmeofs::Namespace value() const;

  std::optional<std::string> device_path;
  std::string uuid;
  std::string nguid;
  bool buffered_io = false;
  std::uint32_t ana_group = 1;  // 0: one that no port can have

 private:
  std::uint32_t nsid_;
  Subsystem& subsystem_;
  bool enabled_ = false;
};

class Namespaces : public Item {
 public:
  explicit Namespaces(Subsystem& subsystem) : Item("namespaces"), subsystem_(subsystem) {}

  // The name is a number, however it is spelled: ERANGE over 32 bits, else EINVAL.
  Syscall<std::unique_ptr<Item>> make(const std::string& name) override;

 private:
  Subsystem& subsystem_;
};

}  // namespace nvmeofs::sim
