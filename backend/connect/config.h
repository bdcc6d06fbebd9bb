// What of a config.json is to be done, and what stands in the one of this machine. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "connect/join.h"
#include "nvmeofs/host_config.h"

namespace nvmeofs::connector {

struct ConfigPlan {
  std::vector<Join> joins{};            // in the order of the document; none for what is there
  std::vector<std::string> left_out{};  // what is not done, and why
};

// `views`: with their secrets. `own`: as which host this machine connects; `tokens`: what its
// kernel takes. Refused, with the place, is what could only be done by changing what is there, and
// what no attempt could bring about.
Result<ConfigPlan> plan_config(const HostConfig& config,
                               const std::vector<const ConnectionView*>& views,
                               const HostIdentity& own, const std::set<std::string>& tokens);

}  // namespace nvmeofs::connector
