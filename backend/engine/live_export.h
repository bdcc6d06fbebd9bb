// An export, and what belongs to it that nobody is shown.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "engine/transaction.h"
#include "nvmeofs/probe.h"
#include "nvmeofs/snapshot.h"

namespace nvmeofs {

struct LiveExport {
  explicit LiveExport(ExportView shown) : view(std::move(shown)) {}

  ExportView view;
  std::unique_ptr<Claim> claim;              // while it is served
  std::unique_ptr<Transaction> transaction;  // under way
  std::uint64_t bytes = 0;                   // of the device, as hosts were told
  bool half_done = false;                    // an undo was refused: the kernel holds a part of it
  bool looked_after = false;                 // compared with the kernel since the program began
};

}  // namespace nvmeofs
