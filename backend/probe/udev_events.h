// Devices that come, go and change, as udev tells it; where no udev runs, as the kernel does.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/error.h"
#include "nvmeofs/fd.h"

struct udev_monitor;

namespace nvmeofs {

// One thread.
class UdevEvents {
 public:
  // Of these subsystems of the kernel: "block", "infiniband". Where no udev runs, of all.
  static Result<UdevEvents> open(const std::vector<std::string>& subsystems);

  int fd() const;
  // Takes them. Whether there was one of an RDMA device among them.
  Result<bool> take();
  // Takes them, each as its "KEY=value" strings with a NUL behind each.
  Result<void> take(const std::function<void(std::string_view)>& each);

 private:
  struct Unref {
    void operator()(udev_monitor* monitor) const;
  };
  UdevEvents() = default;

  std::unique_ptr<udev_monitor, Unref> monitor_;  // either this,
  Fd kernel_;                                     // or that
};

}  // namespace nvmeofs
