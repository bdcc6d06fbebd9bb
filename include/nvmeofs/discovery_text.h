// A discovery log for people, and for their scripts. Pure. Whatever a text of the log holds, a line
// stays one line, and a terminal has nothing to obey.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "nvmeofs/discovery_log.h"

namespace nvmeofs {

// A line for each entry, under a heading: NQN, address, transport, state. `state`: of an entry that
// is of a subsystem; of the others it says what they are: "referral", "current".
std::string subsystems_text(const DiscoveryLog& log,
                            const std::function<std::string_view(const DiscoveryEntry&)>& state);

// As `nvme discover -o json` prints it, keys and words alike (libnvme, fabrics.c); what no text may
// have is escaped as in the table, so that it is JSON whatever the other side sent.
std::string log_json(const DiscoveryLog& log);

}  // namespace nvmeofs
