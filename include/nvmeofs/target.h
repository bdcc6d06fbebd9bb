// The kernel's nvmet as a value: what /sys/kernel/config/nvmet holds, or should hold. Observed and
// wanted states have this one shape, so that a plan is the difference of two of them.
//
// Names are directory names, unchecked: other programs make objects that we would refuse to make.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "nvmeofs/address.h"
#include "nvmeofs/secret.h"

namespace nvmeofs {

// File name → text without its newline. In a wanted state only what matters is named; an
// attribute that is not named is left as it is.
using Attributes = std::map<std::string, std::string>;

struct Namespace {
  Attributes attributes;  // device_path, device_uuid, ana_grpid; device_path is absent while unset
  bool enabled = false;
  bool operator==(const Namespace&) const = default;
};

// A controller of this machine that hosts' commands are handed to.
struct Passthru {
  // device_path, admin_timeout …; none on a kernel without it. device_path is absent while unset.
  Attributes attributes{};
  bool enabled = false;
  bool operator==(const Passthru&) const = default;
};

struct Subsystem {
  Attributes attributes;                             // attr_serial, attr_allow_any_host
  std::map<std::string, Namespace> namespaces;       // by directory name
  std::map<std::string, std::string> allowed_hosts;  // host NQN → name of the link, which is free
  Passthru passthru{};
  bool operator==(const Subsystem&) const = default;
};

// A discovery controller elsewhere, of which hosts are told.
struct PortReferral {
  Attributes attributes{};  // as a port's
  bool enabled = false;
  bool operator==(const PortReferral&) const = default;
};

struct Port {
  Attributes attributes;  // addr_trtype, addr_adrfam, addr_traddr, addr_trsvcid
  std::map<std::string, std::string> subsystems;  // NQN → name of the link
  // By directory name → ana_state. Group 1 is always there; in a wanted state one that is not named
  // is left as it is.
  std::map<std::string, std::string> ana_groups{};
  std::map<std::string, PortReferral> referrals{};  // by directory name
  bool operator==(const Port&) const = default;
};

struct Host {
  Attributes attributes{};               // dhchap_hash, dhchap_dhgroup; none where it has no such
  std::map<std::string, Secret> keys{};  // dhchap_key, dhchap_ctrl_key: those that are set, no more
  bool operator==(const Host&) const = default;
};

struct Target {
  std::map<std::string, Subsystem> subsystems;  // by NQN
  std::map<std::string, Port> ports;            // by directory name: "1"
  std::map<std::string, Host> hosts;            // by host NQN
  bool operator==(const Target&) const = default;
};

// The files that an object of this kernel has, its directories left out: "param_mdts".
struct KernelAttributes {
  std::set<std::string> port;
  Attributes subsystem;  // with what stands in them at first
  Attributes space;      // of a namespace, with what stands in them at first
  std::set<std::string> host;
  Attributes passthru{};  // of a subsystem, with what stands in them at first; none: it has no such
};

// Where a port listens, or a referral leads to.
Attributes attributes_of(const TransportAddress& address);

// The address of a port; nothing when it has none that an export could name.
std::optional<TransportAddress> address_of(const Port& port);

// An attribute's text; empty when it is not named.
std::string attribute(const Attributes& attributes, const std::string& name);

}  // namespace nvmeofs
