// What the deciding thread is told.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "connect/requests.h"
#include "discover/fetch.h"
#include "nvmeofs/discoveries.h"

namespace nvmeofs::discoverer {

struct Submitted {
  DiscoveryRequest request;
  Completion completion;
};
struct Asked {
  std::uint64_t serial = 0;
  Completion completion;
};
struct Fetch {
  std::uint64_t serial = 0;
  Result<Fetched> result;
};
struct Joined {
  std::uint64_t serial = 0;
  Failures failed;
};
// The kept controller.
struct Ended {
  std::uint64_t serial = 0;
  Result<void> result;
};
// What a discovery.conf asked for is done, as far as it can be.
struct Imported {
  Submitted submitted;
  std::vector<Chain<DiscoveryRequest>> chains;
  Failures failed;
};
struct Stop {};

using Event = std::variant<Submitted, Asked, Fetch, Joined, Ended, Imported, Stop>;

}  // namespace nvmeofs::discoverer
