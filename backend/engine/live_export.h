// An export, a port or a host, and what belongs to it that nobody is shown.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
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

struct LiveHost {
  explicit LiveHost(HostView shown) : view(std::move(shown)) {}

  HostView view;
};

struct LiveExport {
  explicit LiveExport(ExportView shown) : view(std::move(shown)) {}

  ExportView view;
  std::unique_ptr<Claim> claim;              // while it is served
  std::unique_ptr<Transaction> transaction;  // under way
  std::optional<ServedDisk> opened;          // by the kernel, as far as that is known
  bool half_done = false;                    // an undo was refused: the kernel holds a part of it
  bool looked_after = false;                 // compared with the kernel since the program began
  // After the kernel has refused it by itself: how long it is left alone, and until when. Events of
  // the machine can come by the thousand.
  std::chrono::milliseconds pause{0};
  std::chrono::steady_clock::time_point left_alone_until{};
  bool postponed = false;  // looked after when that is over
};

}  // namespace nvmeofs
