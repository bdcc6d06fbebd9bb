#include "mount_events.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace nvmeofs {

Result<MountEvents> MountEvents::open() {
  Fd fd(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
  if (!fd) return refuse(errno, Reason::internal, "{}", std::strerror(errno));
  return MountEvents(std::move(fd));
}

}  // namespace nvmeofs
