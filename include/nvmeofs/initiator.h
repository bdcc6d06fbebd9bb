// The kernel's NVMe host: what it has, what can be done to it, and what its discovery controllers
// say.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "nvmeofs/address.h"
#include "nvmeofs/discovery_log.h"
#include "nvmeofs/error.h"
#include "nvmeofs/host_topology.h"
#include "nvmeofs/nqn.h"

namespace nvmeofs {

// As which host this machine connects. The two belong together: the kernel takes no second host id
// for a host NQN that it knows, nor the other way round (from 6.12 on; 6.1 takes anything).
struct HostIdentity {
  std::string nqn;
  std::string id;  // 8-4-4-4-12, lower case
  bool operator==(const HostIdentity&) const = default;
};

struct PathRequest {
  Nqn subsystem;
  TransportAddress address;
  HostIdentity host;
  // Tokens of /dev/nvme-fabrics, checked: "ctrl_loss_tmo" → "1800"; "hdr_digest" → "" (a flag).
  std::map<std::string, std::string> options{};
};

class Initiator {
 public:
  virtual ~Initiator() = default;

  // From sysfs alone: opens no disk and sends nothing, so it waits for nobody. Any thread.
  virtual Result<HostTopology> observe() = 0;

  // Readable when a controller, a path or a disk came, went or changed its state; clear() makes it
  // unreadable. May be readable without need, never the other way round.
  virtual int change_fd() = 0;
  virtual void clear() = 0;

  // The options that the running kernel's fabrics module lists, by its own names. Loads the module.
  virtual Result<std::set<std::string>> options() = 0;

  // As this machine: /etc/nvme/hostnqn and hostid, made and kept there when they are missing, as
  // nvme-cli does. A pair that does not belong together is refused with the reason.
  virtual Result<HostIdentity> host_identity() = 0;

  // One path. Loads the transport's module, tries, and answers the controller's name. Blocks, for
  // `patience` at most; then ETIMEDOUT, and nothing is left of the attempt. The kernel serves one
  // attempt at a time: an address is tried with an ordinary connection before the kernel is
  // asked to, so that a silent one does not hold up others. Any thread, several at once.
  virtual Result<std::string> connect(const PathRequest& request,
                                      std::chrono::milliseconds patience) = 0;

  // When it returns without an error, the controller has left sysfs. Blocks while the kernel ends
  // its I/O. Any thread.
  virtual Result<void> disconnect(const std::string& controller) = 0;

  // A setting that a live controller takes: ctrl_loss_tmo, reconnect_delay, fast_io_fail_tmo.
  virtual Result<void> set(const std::string& controller, const std::string& setting,
                           const std::string& value) = 0;

  // Who uses the disk ("nvme1n1") or a partition of it on this machine: mounted, swap, held by dm
  // or md, open in a process. Nothing: nobody. Any thread.
  virtual Result<std::string> user_of(const std::string& disk) = 0;

  // Marks the controller as ours for other programs, where nvme-cli marks owners (/run/nvme/…).
  virtual void mark(const std::string& controller) = 0;
  // By an earlier run too. Any thread.
  virtual bool is_marked(const std::string& controller) = 0;

  // What a discovery controller lists. Blocks, for `patience` at most for each piece that is read.
  // Any thread.
  virtual Result<DiscoveryLog> discovery_log(const std::string& controller,
                                             std::chrono::milliseconds patience) = 0;

  // Readable when a controller came or went, or when one says that its discovery log changed; may
  // be readable without need. The call makes it unreadable, and answers which said so. One thread.
  virtual int discovery_fd() = 0;
  virtual std::set<std::string> changed_logs() = 0;
};

}  // namespace nvmeofs
