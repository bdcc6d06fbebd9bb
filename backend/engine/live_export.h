// An export, a port or a host, and what belongs to it that nobody is shown.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/transaction.h"
#include "nvmeofs/probe.h"
#include "nvmeofs/snapshot.h"
#include "nvmeofs/store.h"

namespace nvmeofs {

struct LivePort {
  explicit LivePort(PortView shown) : view(std::move(shown)) {}

  PortView view;
};

// The disk of a namespace while it is served.
struct LiveSpace {
  std::unique_ptr<Claim> claim;
  std::optional<ServedDisk> opened;  // by the kernel, as far as that is known
  bool shrunk = false;               // under its hosts
  std::string note;                  // not empty: what is odd about its size
};

struct LiveHost {
  explicit LiveHost(HostView shown) : view(std::move(shown)) {}

  HostView view;
};

struct LiveExport {
  explicit LiveExport(ExportView shown) : view(std::move(shown)) {}

  // nullptr: it is not served, or not by this program yet.
  Claim* claim(Nsid nsid) const {
    const auto space = spaces.find(nsid);
    return space != spaces.end() ? space->second.claim.get() : nullptr;
  }

  ExportView view;
  std::map<Nsid, LiveSpace> spaces;
  std::unique_ptr<ControllerClaim> controller;  // while it is served whole
  std::unique_ptr<Transaction> transaction;     // under way
  bool half_done = false;  // an undo was refused: the kernel holds a part of it
  // It is as a restore has left it that the program before this one did not end: it goes down.
  bool cut_off = false;
  bool looked_after = false;  // compared with the kernel since the program began
  // After the kernel has refused it by itself: how long it is left alone, and until when. Events of
  // the machine can come by the thousand.
  std::chrono::milliseconds pause{0};
  std::chrono::steady_clock::time_point left_alone_until{};
  bool postponed = false;  // looked after when that is over
};

}  // namespace nvmeofs
