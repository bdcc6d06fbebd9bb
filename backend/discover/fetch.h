// Asking a discovery controller, in the calls that this takes. On the thread of a call.
#pragma once

#include <chrono>
#include <string>

#include "nvmeofs/address.h"
#include "nvmeofs/discovery_log.h"
#include "nvmeofs/initiator.h"

namespace nvmeofs::discoverer {

struct Fetched {
  DiscoveryLog log;
  std::string controller;  // that stays; empty: none does
  bool ours = false;       // made here, or by an earlier run
};

// Through a live controller that is there already, which is left as it is; else through one that is
// made for it, and ended again unless it is to be kept. Of a fetch that fails nothing stays.
Result<Fetched> fetch(Initiator& initiator, const TransportAddress& address, bool keep,
                      std::chrono::milliseconds patience);

}  // namespace nvmeofs::discoverer
