// A program that is started to answer in a few lines, and to end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "nvmeofs/fd.h"

namespace nvmeofs {

struct ChildEnd {
  int status = -1;   // of its exit; -1: a signal, or it was not for us to see (SIGCHLD ignored)
  int signal = 0;    // that ended it
  std::string said;  // on its standard output, the first 4 KiB
};

// One thread at a time. Nothing here waits without a bound, not even for a program that SIGKILL
// does not end; and nothing ends the program but itself and kill(). Whoever started one asks until
// end_within() has answered: until then a zombie can stand.
class Child {
 public:
  // Starts it with an environment that has a fixed PATH and nothing else, the descriptors 0 to 2
  // only (the input, or /dev/null without one; the pipe that is read here; /dev/null), in a session
  // of its own, and with all signals as a program finds them that a shell starts; the daemon blocks
  // some. The input is 4 KiB at most, and for nobody else to see. Else the errno: ENOENT, EACCES
  // ... of the program; EMSGSIZE.
  static tl::expected<Child, int> start(const std::string& program,
                                        const std::vector<std::string>& arguments,
                                        const std::string& input = "");

  // Its end, when it comes in time; asked again after that, an end that says nothing.
  std::optional<ChildEnd> end_within(std::chrono::milliseconds limit);
  void kill() const;

 private:
  Child(pid_t pid, Fd process, Fd output)
      : pid_(pid), process_(std::move(process)), output_(std::move(output)) {}

  pid_t pid_;  // not given to another process before end_within() has answered
  Fd process_;
  Fd output_;
};

}  // namespace nvmeofs
