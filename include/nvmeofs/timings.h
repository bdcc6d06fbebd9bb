// How long people have waited for answers, by what they asked for.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>

namespace nvmeofs {

enum class Operation {
  enable,       // an export
  disable,      //
  connect,      // to a subsystem
  disconnect,   //
  discover,     // what a discovery controller lists
  connect_all,  // that it lists
  change,       // anything else
};
inline constexpr std::array timed_operations{
    Operation::enable,   Operation::disable,     Operation::connect, Operation::disconnect,
    Operation::discover, Operation::connect_all, Operation::change};

std::string_view to_string(Operation operation);

// A histogram.
struct Timing {
  static constexpr std::array bounds{0.001, 0.01, 0.1, 1.0, 10.0, 100.0};  // seconds, included

  // Between a bound and the one before it; the last: above all.
  std::array<std::uint64_t, bounds.size() + 1> counts{};
  std::chrono::nanoseconds sum{0};

  std::uint64_t count() const;
  void add(std::chrono::nanoseconds time);
  void add(const Timing& other);
  bool operator==(const Timing&) const = default;
};

using Timings = std::map<Operation, Timing>;

}  // namespace nvmeofs
