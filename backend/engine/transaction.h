// One change of one export on its way into the kernel, or on its way back.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/runner.h"
#include "nvmeofs/export.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/mapping.h"
#include "nvmeofs/probe.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

struct Transaction {
  Transaction(Request the_request, Completion the_completion, Export wanted)
      : request(std::move(the_request)),
        completion(std::move(the_completion)),
        next(std::move(wanted)) {}

  Request request;
  Completion completion;
  Export next;
  Absent absent;                                  // of next
  std::string waiting;                            // for what, when something is absent
  bool put_off = false;                           // one of them: an FC port is not ready
  std::string gone;                               // not empty: what was served and is no more
  bool by_itself = false;                         // nobody asked; nobody is answered
  Target before;                                  // the kernel when it began
  std::map<Nsid, std::unique_ptr<Claim>> claims;  // of next's devices that are others than now
  // Of next's controller, when it is another than now.
  std::unique_ptr<ControllerClaim> controller;
  Plan performed;              // steps that the kernel took, undo included
  std::size_t steps = 0;       // of the way forward
  std::optional<Error> cause;  // set: it is on its way back
  std::unique_ptr<Runner> runner;
  bool held_up = false;  // a step outlasted the patience; others have gone on
};

}  // namespace nvmeofs
