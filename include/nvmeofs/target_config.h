// config.json of nvmetcli (/etc/nvmet/config.json): hosts, ports and subsystems of the kernel's
// target. Pure.
//
// Source: nvmet/nvme.py of nvmetcli, dump() and restore(). What stands in it follows the kernel's
// attribute files, so each kernel saves other keys; their values are texts, but for a few numbers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/ana.h"
#include "nvmeofs/error.h"
#include "nvmeofs/export.h"
#include "nvmeofs/nqn.h"
#include "nvmeofs/port_setting.h"
#include "nvmeofs/referral.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

struct ServedSpace {
  std::optional<DevicePath> device{};
  std::string uuid{};   // empty: not given
  std::string nguid{};  // empty: not given
  bool enabled = false;
  AnaGroup ana_group = first_ana_group;
  SpaceSettings settings{};
};

// Whether it is enabled stands in no such file.
struct SavedController {
  std::optional<DevicePath> device{};
  PassthruSettings settings{};  // those that are given
};

struct ServedSubsystem {
  std::string place{};  // in the document, as a person counts: "subsystem 2"
  Nqn nqn;
  // By the kernel's names, as it reads them back; those that are given, serial and model among
  // them.
  Attributes attributes{};
  Hosts hosts{};
  std::map<Nsid, ServedSpace> spaces{};
  std::vector<TransportAddress> addresses{};  // of the ports that serve it; none: it is not served
  SavedController controller{};
};

struct ServedPort {
  std::string place{};
  PortSettings settings{};  // those that are given
  AnaStates ana_states{};
  Referrals referrals{};
};

struct ServedHost {
  std::string place{};
  Host settings{};  // those that are given
};

struct TargetConfig {
  std::vector<ServedSubsystem> subsystems{};       // no two of one NQN
  std::map<TransportAddress, ServedPort> ports{};  // those that serve something
  std::map<std::string, ServedHost> hosts{};       // by NQN
  std::vector<std::string>
      left_out{};  // what stands in it and has no place here, in a sentence each
};

// EINVAL: it is no such document, or says something that cannot be; with the place, and never with
// a key.
Result<TargetConfig> parse_target_config(std::string_view text);

// The target as nvmetcli saves it, without the keys of hosts.
std::string target_config_text(const Target& target);

}  // namespace nvmeofs
