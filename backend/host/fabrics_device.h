// /dev/nvme-fabrics: what makes controllers.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "fabrics_options.h"
#include "nvmeofs/error.h"
#include "probe/child.h"

namespace nvmeofs {

// Where this program's own nvmeofs-connect is: beside it, as in a build folder, or where it is
// installed. Nowhere else is looked.
std::string connect_program();

// Any thread. The kernel has one mutex for all attempts of the machine and for reading the options,
// and nothing ends a wait for it, so that both are done by processes that can be left waiting.
class FabricsDevice {
 public:
  explicit FabricsDevice(std::string program) : program_(std::move(program)) {}

  // The module nvme_fabrics is there already. Asked once: a kernel's do not change. ETIMEDOUT,
  // Reason::kernel_waits.
  Result<FabricsOptions> options(std::chrono::milliseconds limit);

  // Writes the line in a process of its own and answers the name of the controller that it made.
  // `errnum` of an error is the kernel's, its message without a reason yet: Reason::kernel_refused.
  // ETIMEDOUT when the limit is over: then the attempt is ended, or, where the kernel cannot end
  // it, given back by that process when it comes to its end; until then, Reason::kernel_waits for
  // everybody. nvmeofs_connect.cpp says what can be ended.
  Result<std::string> connect(const std::string& line, std::chrono::milliseconds limit);

 private:
  Result<Child> start(const std::vector<std::string>& arguments, const std::string& input);
  void lose(Child child);
  bool waits_for_a_lost_one();

  const std::string program_;
  std::mutex mutex_;
  FabricsOptions options_;   // empty: not read yet
  std::vector<Child> lost_;  // those that the kernel has not let go yet
};

}  // namespace nvmeofs
