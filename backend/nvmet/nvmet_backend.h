// The running kernel's nvmet, through configfs.
#pragma once

#include <memory>
#include <string>

#include "nvmeofs/backend.h"
#include "nvmet/observer.h"

namespace nvmeofs {

class NvmetBackend : public Backend {
 public:
  static constexpr const char* configfs_path = "/sys/kernel/config";

  // Mounts configfs where it is not, and loads nvmet. ENODEV, Reason::no_module, when the kernel
  // has none.
  static Result<std::unique_ptr<NvmetBackend>> open();

  std::string root() const override { return root_; }
  Result<Target> observe() override { return observer_.observe(); }
  void leave_alone(const std::set<std::string>& subsystems) override {
    observer_.leave_alone(subsystems);
  }
  Result<void> perform(const Step& step) override;
  Result<void> need_transport(Trtype trtype) override;
  int change_fd() const override { return observer_.fd(); }

 private:
  explicit NvmetBackend(std::string root) : root_(std::move(root)), observer_(root_) {}

  const std::string root_;
  Observer observer_;
};

}  // namespace nvmeofs
