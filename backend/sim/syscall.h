// What a system call on the simulated kernel answers: a value, or an errno as the kernel gives it.
#pragma once

#include <tl/expected.hpp>

namespace nvmeofs {

template <class T>
using Syscall = tl::expected<T, int>;

[[nodiscard]] inline tl::unexpected<int> fails(int errnum) {
  return tl::unexpected<int>(errnum);
}

}  // namespace nvmeofs
