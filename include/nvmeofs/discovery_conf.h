// discovery.conf of nvme-cli (/etc/nvme/discovery.conf): a line for each discovery controller, with
// the options of `nvme connect-all`. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/discovery.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

struct DiscoveryLine {
  unsigned number = 0;  // in the file
  TransportAddress address{};
  bool persistent = false;
  std::string host_nqn{};  // empty: it names none
  std::string host_id{};
};

// Comments and blank lines are skipped; a line is cut at blanks and '=' as nvme-cli does it,
// without quotes. EINVAL, with the number of the line: an option that is none, or that has no place
// in discovery/ (those of the connections that are to be made are options of each of these here).
Result<std::vector<DiscoveryLine>> parse_discovery_conf(std::string_view text);

// A line each, which nvme-cli reads too.
std::string discovery_conf_text(const std::vector<Discovery>& discoveries);

}  // namespace nvmeofs
