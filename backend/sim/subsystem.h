// subsystems/<nqn>.
#pragma once

#include <cstdint>
#include <string>

#include "nvmeofs/target.h"
#include "sim/item.h"
#include "sim/nvmet.h"

namespace nvmeofs::sim {

class Subsystem;
class Namespaces;
class Passthru;

class AllowedHosts : public Item {
 public:
  explicit AllowedHosts(Subsystem& subsystem) : Item("allowed_hosts"), subsystem_(subsystem) {}

  bool takes_links() const override { return true; }
  // EINVAL: not a host, or any host is allowed. EEXIST: linked already, under whatever name.
  Syscall<void> allow_link(Item& target) override;
  bool allows(const std::string& host_nqn) const;

 private:
  Subsystem& subsystem_;
};

class Subsystem : public Item {
 public:
  Subsystem(const std::string& nqn, Nvmet& nvmet);
  ~Subsystem() override;

  std::span<const Attribute> attributes() const override;

  Nvmet& nvmet() { return nvmet_; }
  const AllowedHosts& allowed_hosts() const { return *allowed_hosts_; }
  bool allows(const std::string& host_nqn) const;
  bool has_enabled_nsid(std::uint32_t nsid) const;
  bool has_enabled_namespace() const;
  const Passthru& passthru() const { return *passthru_; }
  nvmeofs::Subsystem value() const;

  // Set by the first host's Identify, and never unset: what it says of itself stays as it is until
  // the subsystem is removed.
  bool discovered = false;
  bool allow_any_host = false;
  std::string serial;
  std::string model = "Linux";
  std::string firmware = "6.12.117";
  std::uint32_t ieee_oui = 0;
  std::uint32_t version = 1U << 16 | 3U << 8;
  std::uint16_t cntlid_min = 1;
  std::uint16_t cntlid_max = 65519;
  std::uint16_t qid_max = 128;
  bool pi_enable = false;

 private:
  Nvmet& nvmet_;
  Namespaces* namespaces_;
  AllowedHosts* allowed_hosts_;
  Passthru* passthru_;
};

class Subsystems : public Item {
 public:
  explicit Subsystems(Nvmet& nvmet) : Item("subsystems"), nvmet_(nvmet) {}

  // Takes any name but the discovery NQN (EINVAL).
  Syscall<std::unique_ptr<Item>> make(const std::string& name) override;

 private:
  Nvmet& nvmet_;
};

}  // namespace nvmeofs::sim
