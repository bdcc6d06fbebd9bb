// Waits for a condition, with a bound.
#pragma once

#include <chrono>
#include <functional>

namespace nvmeofs {

// Whether it came true in time. Generous, as machines that run tests are slow: it costs its length
// only when the test fails.
bool wait_until(const std::function<bool()>& condition,
                std::chrono::milliseconds bound = std::chrono::seconds(30));

}  // namespace nvmeofs
