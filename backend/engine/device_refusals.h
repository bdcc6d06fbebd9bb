// What is said of disks and of controllers alike.
#pragma once

#include <cerrno>

#include "nvmeofs/error.h"
#include "nvmeofs/export.h"
#include "nvmeofs/text.h"

namespace nvmeofs {

inline tl::unexpected<Error> refuse_other_disk(const DevicePath& device, const DiskIdentity& was,
                                               const DiskIdentity& now, const char* file) {
  return refuse(ENXIO, Reason::device_other,
                "{} leads to another disk than the one that was written: that was {}, this is {}; "
                "bring that one back, or write the path to {} again if this one is meant",
                printable(device.path()), was.text, now.text, file);
}

inline tl::unexpected<Error> refuse_moved() {
  return refuse(EBUSY, Reason::device_in_use,
                "led to another device while it was being checked; write it again");
}

}  // namespace nvmeofs
