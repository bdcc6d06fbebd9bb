// Measures how long answers take.
#pragma once

#include <memory>

#include "nvmeofs/intent.h"
#include "nvmeofs/timings.h"

namespace nvmeofs {

// Any thread. The completions may outlive it.
class Stopwatch {
 public:
  // From now until the completion is called that it gives back for this one.
  Completion start(Operation operation, Completion completion);
  Timings read() const;

 private:
  struct State;
  static std::shared_ptr<State> make_state();
  std::shared_ptr<State> state_ = make_state();
};

}  // namespace nvmeofs
