#include "engine/runner.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace nvmeofs {

struct Runner::State {
  State(Backend& the_backend, Plan the_plan, std::function<void()> call)
      : backend(the_backend), plan(std::move(the_plan)), finished(std::move(call)) {}

  Backend& backend;
  const Plan plan;
  const std::function<void()> finished;

  mutable std::mutex mutex;  // a leaf: never held across a step or a call
  std::condition_variable changed;
  std::size_t at = 0;
  bool end = false;
  std::optional<Outcome> outcome;

  void run() {
    Outcome result;
    for (const Step& step : plan) {
      {
        const std::lock_guard lock(mutex);
        at = result.done;
        if (end) break;
      }
      spdlog::debug("{} (why: {})", shell_command(step, backend.root()), step.why);
      if (auto performed = backend.perform(step); !performed) {
        result.error = std::move(performed.error());
        break;
      }
      ++result.done;
    }
    {
      const std::lock_guard lock(mutex);
      outcome = std::move(result);
    }
    changed.notify_all();
    finished();
  }
};

Runner::Runner(Backend& backend, Plan plan, std::function<void()> finished)
    : state_(std::make_shared<State>(backend, std::move(plan), std::move(finished))) {
  std::thread([state = state_] { state->run(); }).detach();
}

Runner::~Runner() {
  end_after_this_step();
}

const Plan& Runner::plan() const {
  return state_->plan;
}

std::optional<Runner::Outcome> Runner::wait_for(std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, patience, [&] { return state_->outcome.has_value(); });
  return state_->outcome;
}

void Runner::end_after_this_step() {
  const std::lock_guard lock(state_->mutex);
  state_->end = true;
}

Step Runner::current() const {
  const std::lock_guard lock(state_->mutex);
  return state_->plan.empty() ? Step{}
                              : state_->plan[std::min(state_->at, state_->plan.size() - 1)];
}

}  // namespace nvmeofs
