// A directory of discovery/, and what belongs to it that nobody is shown.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "connect/requests.h"
#include "discover/event.h"
#include "nvmeofs/discoveries.h"

namespace nvmeofs::discoverer {

// One request that takes its time, or what is followed by itself. One at a time.
//
//   connect_all=1         fetching → joining → done
//   persistent=1          fetching           → done
//   persistent=0, rmdir   ending             → done
//   by itself                        joining → done
struct Operation {
  enum class Phase { fetching, joining, ending };

  std::optional<Submitted> submitted{};  // nothing: by itself
  Phase phase = Phase::fetching;
  bool begun = false;  // false: it waits for the end of an earlier fetch
  std::vector<Chain<ConnectionRequest>> joins{};
};

struct LiveDiscovery {
  explicit LiveDiscovery(DiscoveryView shown) : view(std::move(shown)) {}

  DiscoveryView view;
  bool fetching = false;
  bool ours = false;        // the kept controller
  bool news = false;        // it told of a change that was not fetched yet
  bool unfinished = false;  // something that is to be connected is not
  unsigned failures = 0;    // one after the other
  std::chrono::steady_clock::time_point due{};
  std::vector<Completion> asking{};  // for the fetch that is under way
  std::unique_ptr<Operation> operation{};
  std::deque<Submitted> queue{};
};

}  // namespace nvmeofs::discoverer
