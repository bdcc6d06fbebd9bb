// The kernel, or what stands for it.
#pragma once

#include <set>
#include <string>

#include "nvmeofs/address.h"
#include "nvmeofs/error.h"
#include "nvmeofs/step.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

class Backend {
 public:
  virtual ~Backend() = default;

  // Where a person would type the steps: "/sys/kernel/config/nvmet".
  virtual std::string root() const = 0;

  // What is there now. One thread only. Costs as much as has changed since the last call.
  virtual Result<Target> observe() = 0;

  // Subsystems in which a step waits: the kernel has their directories locked, and a look would
  // wait too. observe() shows them as they were until they are named no more. Thread of observe().
  virtual void leave_alone(const std::set<std::string>& subsystems) = 0;

  // One step, exactly one kernel operation. Any number of threads; may wait for as long as the
  // kernel does (removing a namespace waits for its I/O). The error carries the kernel's errno
  // untouched and Reason::kernel_refused; nothing has happened then.
  virtual Result<void> perform(const Step& step) = 0;

  // Makes sure that the kernel has the transport: loads its module. ENODEV, Reason::no_module,
  // with the module's name.
  virtual Result<void> need_transport(Trtype trtype) = 0;

  // Any thread.
  virtual const KernelAttributes& attributes() const = 0;

  // Modules that were loaded through this object and were not there before: "nvmet_tcp".
  virtual std::set<std::string> modules_loaded() const = 0;

  // A descriptor that becomes readable when something in the tree changed, by anyone; observe()
  // makes it unreadable again. -1: changes are not told.
  virtual int change_fd() const = 0;
};

}  // namespace nvmeofs
