#include "connect/backoff.h"

#include <algorithm>

namespace nvmeofs {

std::chrono::milliseconds pause_after(unsigned failures, std::chrono::milliseconds first,
                                      std::chrono::milliseconds longest, double chance) {
  auto pause = std::min(first, longest);
  for (unsigned i = 1; i < failures && pause < longest; ++i) pause = std::min(pause * 2, longest);
  const double spread = 0.8 + 0.4 * std::clamp(chance, 0.0, 1.0);
  return std::chrono::milliseconds(
      static_cast<std::chrono::milliseconds::rep>(static_cast<double>(pause.count()) * spread));
}

}  // namespace nvmeofs
