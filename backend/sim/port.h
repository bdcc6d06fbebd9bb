// ports/<portid>. A port listens from its first link to its last; nothing else tells it to.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "nvmeofs/target.h"
#include "sim/item.h"
#include "sim/nvmet.h"

namespace nvmeofs::sim {

class Port;

class PortSubsystems : public Item {
 public:
  explicit PortSubsystems(Port& port) : Item("subsystems"), port_(port) {}

  bool takes_links() const override { return true; }
  // EINVAL: not a subsystem. EEXIST: linked already, under whatever name. The first link also has
  // what Port::listen says.
  Syscall<void> allow_link(Item& target) override;
  // Ends the controllers of the subsystem that came in through this port.
  void drop_link(Item& target) override;
  bool serves(const std::string& nqn) const;

 private:
  Port& port_;
};

// ana_groups/<id>. Group 1 comes with the port, optimized; others are made, inaccessible at first.
class AnaGroup : public Item {
 public:
  AnaGroup(const std::string& name, std::string first_state)
      : Item(name), state(std::move(first_state)) {}

  std::span<const Attribute> attributes() const override;

  std::string state;
};

class AnaGroups : public Item {
 public:
  AnaGroups() : Item("ana_groups") { add_built_in<AnaGroup>("1", "optimized"); }

  // The name is a number from 2 to 128, however it is spelled; of one number there may be several.
  // EINVAL; ERANGE over 32 bits.
  Syscall<std::unique_ptr<Item>> make(const std::string& name) override;
};

// What has an address: a port and a referral. The kernel has one structure for both.
class Addressed : public Item {
 public:
  using Item::Item;

  // All attributes are frozen then (EACCES).
  virtual bool enabled() const = 0;

  std::string trtype;
  std::string adrfam;
  std::string traddr;
  std::string trsvcid;
  std::string treq = "not specified";
  std::string tsas;

 protected:
  // Those of the address that are not empty.
  Attributes address() const;
};

// referrals/<name>.
class Referral : public Addressed {
 public:
  using Addressed::Addressed;

  std::span<const Attribute> attributes() const override;
  bool enabled() const override { return on; }
  PortReferral value() const { return {address(), on}; }

  bool on = false;
  std::uint32_t portid = 0;
};

class Referrals : public Item {
 public:
  Referrals() : Item("referrals") {}

  // Of any name.
  Syscall<std::unique_ptr<Item>> make(const std::string& name) override;
};

class Port : public Addressed {
 public:
  Port(const std::string& name, Nvmet& nvmet);
  ~Port() override;

  std::span<const Attribute> attributes() const override;

  Nvmet& nvmet() { return nvmet_; }
  // Has a link.
  bool enabled() const override { return !subsystems_->links().empty(); }
  bool serves(const std::string& nqn) const { return subsystems_->serves(nqn); }
  // Where it listens; nothing when it is not enabled, or when its RDMA device went away: then the
  // listener is gone for good, though configfs still looks enabled.
  const std::optional<TransportAddress>& listening() const { return listening_; }

  Syscall<void> listen();
  void stop_listening();
  // After an edit of the machine: a listener whose RDMA device is gone is gone.
  void notice_machine();
  nvmeofs::Port value() const;

  // -1: whatever the transport chooses when the port comes up, which stays then.
  int inline_data_size = -1;
  int max_queue_size = -1;
  bool pi_enable = false;

 private:
  void choose_sizes(Trtype transport);

  Nvmet& nvmet_;
  PortSubsystems* subsystems_;
  AnaGroups* ana_groups_;
  Referrals* referrals_;
  std::optional<TransportAddress> listening_;
};

class Ports : public Item {
 public:
  explicit Ports(Nvmet& nvmet) : Item("ports"), nvmet_(nvmet) {}

  // The name is a number of 16 bits, however it is spelled. EINVAL.
  Syscall<std::unique_ptr<Item>> make(const std::string& name) override;

 private:
  Nvmet& nvmet_;
};

}  // namespace nvmeofs::sim
