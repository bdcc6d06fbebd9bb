#include "stopwatch.h"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <utility>

namespace nvmeofs {

using Clock = std::chrono::steady_clock;

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::enable:
      return "enable";
    case Operation::disable:
      return "disable";
    case Operation::connect:
      return "connect";
    case Operation::disconnect:
      return "disconnect";
    case Operation::discover:
      return "discover";
    case Operation::connect_all:
      return "connect_all";
    case Operation::change:
      break;
  }
  return "change";
}

std::uint64_t Timing::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

void Timing::add(std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  const auto bound = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  ++counts.at(static_cast<std::size_t>(bound - bounds.begin()));
  sum += time;
}

void Timing::add(const Timing& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts.at(i) += other.counts.at(i);
  sum += other.sum;
}

struct Stopwatch::State {
  std::mutex mutex;  // a leaf: guards what is below
  Timings timings;
};

std::shared_ptr<Stopwatch::State> Stopwatch::make_state() {
  return std::make_shared<State>();
}

Completion Stopwatch::start(Operation operation, Completion completion) {
  return [state = state_, operation, completion = std::move(completion),
          begin = Clock::now()](Result<void> result) {
    {
      const std::lock_guard lock(state->mutex);
      state->timings[operation].add(Clock::now() - begin);
    }
    if (completion) completion(std::move(result));
  };
}

Timings Stopwatch::read() const {
  const std::lock_guard lock(state_->mutex);
  return state_->timings;
}

}  // namespace nvmeofs
