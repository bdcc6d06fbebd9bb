// A saved target on its way into the kernel. Each step is a request like any other, with its
// checks, its record and its place in the store. How it was before is in the store until all is
// done (StoredState::restoring): the program after one that died on the way takes it back.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "engine/mailbox.h"
#include "engine/restore.h"
#include "nvmeofs/error.h"
#include "nvmeofs/intent.h"

namespace nvmeofs {

struct Restoring {
  Request request;  // with a TakeTarget
  Completion completion;
  std::deque<RestoreStep> to_do;
  std::vector<std::string> left_out;
  std::vector<RestoreStep> done{};
  std::optional<Submitted> next{};   // step, to be carried out
  std::optional<Error> cause{};      // from here on it is taken back
  std::vector<std::string> stuck{};  // what could not be
  bool machine_changed = false;      // meanwhile
};

}  // namespace nvmeofs
