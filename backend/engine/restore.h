// What a saved target asks for, over what is there. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nvmeofs/intent.h"
#include "nvmeofs/snapshot.h"
#include "nvmeofs/store.h"
#include "nvmeofs/target.h"
#include "nvmeofs/target_config.h"

namespace nvmeofs {

// One change on the way, as a user would ask for it.
struct RestoreStep {
  About about = About::an_export;
  std::string name;  // of the export, the port or the host
  std::string file;  // that it stands for, in a record; "" for mkdir
  Intent intent;
  std::optional<Intent> undo{};  // nothing: it changes nothing that could be taken back
  bool was_foreign = false;      // it takes over what something else made
};

struct Restore {
  std::vector<RestoreStep> steps;
  std::vector<std::string> left_out;  // of the document, and of the kernel
};

// What stands in the document is as it says afterwards; exports that do not are disabled, but not
// forgotten, and what others made and the document does not name stays. An export as it says
// already is in no step. `fresh`: what this kernel's objects have of their own.
Restore plan_restore(const TargetConfig& config, const Snapshot& snapshot,
                     const KernelAttributes& fresh);

// What the steps may touch, as it is before them.
BeforeRestore before_restore(const Restore& restore, const Snapshot& snapshot,
                             const StoredState& stored);

// The state as it was before a restore that is not to be.
StoredState taken_back(const StoredState& state);

// The target as it is to be saved: what the kernel has, and what enabled exports still wait for.
Target target_to_save(const Snapshot& snapshot);

}  // namespace nvmeofs
