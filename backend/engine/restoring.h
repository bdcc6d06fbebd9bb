// A saved target on its way into the kernel. Each step is a request like any other, with its
// checks, its record and its place in the store: a program that dies on the way leaves exports that
// are as before or as they are to be.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "engine/restore.h"
#include "nvmeofs/error.h"
#include "nvmeofs/intent.h"

namespace nvmeofs {

struct Restoring {
  Request request;
  Completion completion;
  std::deque<RestoreStep> to_do;
  std::vector<std::string> left_out;
  std::vector<RestoreStep> done{};
  std::optional<Error> cause{};      // from here on it is taken back
  std::vector<std::string> stuck{};  // what could not be
};

}  // namespace nvmeofs
