// Performs steps on a thread of its own: a write into configfs can wait for ever, in a state that
// no signal ends (a namespace that goes waits for the I/O of its disk, and the disk may be dead).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "nvmeofs/backend.h"
#include "nvmeofs/step.h"

namespace nvmeofs {

class Runner {
 public:
  struct Outcome {
    std::size_t done = 0;        // steps that were performed
    std::optional<Error> error;  // of step number `done`, when that was refused
  };

  // Begins at once. `finished` is called on the runner's thread when the outcome is there; the
  // backend must live until then, whether or not the runner does.
  Runner(Backend& backend, Plan plan, std::function<void()> finished);
  // Lets the thread go: it ends after the step that it is at.
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  const Plan& plan() const;

  // The outcome, or nothing if it is not there after that time.
  std::optional<Outcome> wait_for(std::chrono::milliseconds patience);

  // Asks it to begin no further step.
  void end_after_this_step();

  // The step that it is at; for the person who waits.
  Step current() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace nvmeofs
