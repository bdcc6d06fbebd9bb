// What the simulated machine tells of itself.
#pragma once

#include <set>
#include <string>

#include "nvmeofs/machine_watch.h"
#include "sim/kernel.h"

namespace nvmeofs {

// The kernel outlives it. One for each kernel: clear() takes the news for all. Tells every edit of
// the machine, files that are not followed included.
class SimWatch : public MachineWatch {
 public:
  explicit SimWatch(SimKernel& kernel) : kernel_(kernel) {}

  int fd() const override { return kernel_.machine_change_fd(); }
  void clear() override { kernel_.clear_machine_changes(); }
  void follow(const std::set<std::string>&) override {}

 private:
  SimKernel& kernel_;
};

}  // namespace nvmeofs
