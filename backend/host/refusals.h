// What an errno of /dev/nvme-fabrics means, for a person. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nvmeofs/host_topology.h"
#include "nvmeofs/initiator.h"

namespace nvmeofs {

// What there was besides the errno.
struct RefusedAttempt {
  int errnum = 0;
  std::vector<std::string> log{};  // the lines that the kernel wrote meanwhile
  HostTopology topology{};         // as it was afterwards
};

// The errno is kept. EIO, and nothing else, stands for all that a target may refuse; which of it,
// the kernel says in its log alone. Others may have attempted something meanwhile, so a line counts
// when it names the subsystem.
Error explain(const PathRequest& request, const RefusedAttempt& attempt);

// Of an address where an ordinary connection already has failed.
Error explain_unreachable(const TransportAddress& address, int errnum);

// A live controller that gives one of the two another partner.
std::optional<Error> conflict_of(const HostIdentity& host, const HostTopology& topology);

}  // namespace nvmeofs
