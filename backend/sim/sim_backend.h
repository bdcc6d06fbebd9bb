// The simulated kernel as a Backend.
#pragma once

#include <string>

#include "nvmeofs/backend.h"
#include "sim/kernel.h"

namespace nvmeofs {

// The kernel outlives it. One for each kernel: observe() takes the news from change_fd() for all.
class SimBackend : public Backend {
 public:
  explicit SimBackend(SimKernel& kernel) : kernel_(kernel) {}

  std::string root() const override { return "/sys/kernel/config/nvmet"; }
  Result<Target> observe() override;
  void leave_alone(const std::set<std::string>&) override {}  // nothing waits here
  Result<void> perform(const Step& step) override;
  Result<void> need_transport(Trtype trtype) override;
  const KernelAttributes& attributes() const override;
  std::set<std::string> modules_loaded() const override { return {}; }
  int change_fd() const override { return kernel_.change_fd(); }

 private:
  SimKernel& kernel_;
};

}  // namespace nvmeofs
