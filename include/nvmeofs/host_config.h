// config.json of nvme-cli and libnvme 1.x (/etc/nvme/config.json): hosts, their subsystems, and the
// ports of these. Pure.
//
// It is a list, whatever the schema that is published with libnvme says: json_read_config() in
// libnvme/src/nvme/json.c takes nothing else.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/error.h"
#include "nvmeofs/initiator.h"
#include "nvmeofs/nqn.h"

namespace nvmeofs {

// What a host is to connect to: one connection, as options belong to a connection here and to a
// port there.
struct ConfiguredSubsystem {
  std::string place{};  // in the document, as a person counts: "host 1, subsystem 2"
  HostIdentity host{};  // its id is empty where the document has none
  Nqn nqn;
  std::vector<TransportAddress> addresses{};  // one at least, no two equal, none a wildcard
  // As a connection has them, but for host_nqn and host_id; secrets included.
  std::map<std::string, std::string> options{};
};

struct HostConfig {
  std::vector<ConfiguredSubsystem> subsystems{};  // no two of one NQN
  std::vector<std::string> left_out{};            // what stands in it and is not for connections
};

// EINVAL: it is no such document, or says something that no connection can be; with the place, and
// never with a secret. What libnvme takes for "not given" (0, "none") is not given here either.
Result<HostConfig> parse_host_config(std::string_view text);

// What parse_host_config() reads; secrets, and what is the number of a key on this machine, are
// left out. Places are not looked at.
std::string host_config_text(const std::vector<ConfiguredSubsystem>& subsystems);

}  // namespace nvmeofs
