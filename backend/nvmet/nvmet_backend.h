// The running kernel's nvmet, through configfs.
#pragma once

#include <memory>
#include <set>
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
  const KernelAttributes& attributes() const override { return attributes_; }
  std::set<std::string> modules_loaded() const override { return loaded_; }
  int change_fd() const override { return observer_.fd(); }

 private:
  NvmetBackend(std::string root, std::set<std::string> loaded, KernelAttributes attributes)
      : root_(std::move(root)),
        loaded_(std::move(loaded)),
        attributes_(std::move(attributes)),
        observer_(root_) {}

  const std::string root_;
  std::set<std::string> loaded_;
  const KernelAttributes attributes_;
  Observer observer_;
};

}  // namespace nvmeofs
