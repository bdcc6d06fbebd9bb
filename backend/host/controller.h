// What can be done to a controller that is there. By its name, "nvme3"; below `sysfs`, which is
// "/sys" but for tests. Any thread.
#pragma once

#include <chrono>
#include <string>

#include "nvmeofs/error.h"

namespace nvmeofs {

// Whether the kernel has it, and it is one of fabrics. EINVAL, Reason::bad_name: no such name.
// ENOENT, Reason::gone. EPERM, Reason::foreign: a drive on this machine's own bus.
Result<void> check_controller(const std::string& sysfs, const std::string& controller);

// Ends it, and waits until it has left sysfs: first for the kernel, which ends its I/O, for as long
// as that takes; then for the limit. Nothing to do when it is gone already. ETIMEDOUT,
// Reason::kernel_waits. Else the errors of check_controller(), or the kernel's errno.
Result<void> delete_controller(const std::string& sysfs, const std::string& controller,
                               std::chrono::milliseconds limit = std::chrono::seconds(30));

// ctrl_loss_tmo, reconnect_delay, fast_io_fail_tmo: whole numbers, "-1" for never. EINVAL,
// Reason::bad_value; EOPNOTSUPP, Reason::not_offered: not for a live controller.
Result<void> set_on_controller(const std::string& sysfs, const std::string& controller,
                               const std::string& setting, const std::string& value);

// A secret was given: whether the kernel has it, which one without NVMe authentication (Debian's
// 6.1) leaves out without a word. Takes it away from other users' eyes, too: 7.2 shows it to all.
bool uses_secret(const std::string& sysfs, const std::string& controller);

}  // namespace nvmeofs
