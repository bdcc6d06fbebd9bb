// What the kernel's NVMe host has of fabrics: controllers, one for each path, and the disks that
// they lead to. Drives on this machine's own bus are never in it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nvmeofs/address.h"

namespace nvmeofs {

// drivers/nvme/host/core.c, nvme_sysfs_show_state; `other` for what a later kernel adds.
enum class ControllerState { fresh, live, resetting, connecting, deleting, dead, other };

// A namespace as it is reached by one controller: nvmeXcNnY, or the disk itself where the kernel
// has no native multipath.
struct PathNamespace {
  std::string disk;       // "nvme1n1", which stands in /dev
  std::uint32_t nsid = 0;
  std::string ana_state;  // "optimized"; empty where there is none
  bool operator==(const PathNamespace&) const = default;
};

struct HostController {
  std::string name;                           // "nvme1"
  bool discovery = false;                     // cntrltype, or the discovery NQN
  std::string subsystem;                      // its NQN
  std::string transport;                      // "tcp", "rdma", "loop", "fc"
  std::optional<TransportAddress> address{};  // nothing: of a transport that is not ours
  std::string address_text;                   // sysfs's address, for those
  std::string host_traddr;
  std::string host_iface;
  std::string host_nqn;
  std::string host_id;
  ControllerState state = ControllerState::other;
  std::string state_text;  // as the kernel says it
  std::uint32_t queues = 0;
  std::map<std::string, std::string> settings{};  // ctrl_loss_tmo, reconnect_delay …: what sysfs has
  std::vector<PathNamespace> namespaces{};
  bool operator==(const HostController&) const = default;
};

struct HostTopology {
  std::map<std::string, HostController> controllers;  // by name
  bool operator==(const HostTopology&) const = default;
};

}  // namespace nvmeofs
