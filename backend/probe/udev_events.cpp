#include "udev_events.h"

#include <libudev.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "socket_messages.h"

namespace nvmeofs {
namespace {

struct UnrefUdev {
  void operator()(udev* library) const { udev_unref(library); }
};

tl::unexpected<Error> refuse_listening(int errnum) {
  return refuse(errnum, Reason::internal, "{}", std::strerror(errnum));
}

bool udev_runs() {
  return access("/run/udev/control", F_OK) == 0;
}

// The bare events of all subsystems, which cannot be told apart in the kernel, and udev's for when
// it starts later: names like /dev/disk/by-id come with those only.
Result<Fd> open_kernel() {
  constexpr unsigned kernel_group = 1;
  constexpr unsigned udev_group = 2;
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kernel_group | udev_group;
  if (!fd || bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return refuse_listening(errno);
  }
  return fd;
}

}  // namespace

void UdevEvents::Unref::operator()(udev_monitor* monitor) const {
  udev_monitor_unref(monitor);
}

Result<UdevEvents> UdevEvents::open(const std::vector<std::string>& subsystems) {
  UdevEvents events;
  if (!udev_runs()) {
    auto kernel = open_kernel();
    if (!kernel) return tl::unexpected<Error>(kernel.error());
    events.kernel_ = std::move(*kernel);
    return events;
  }
  const std::unique_ptr<udev, UnrefUdev> library(udev_new());
  if (library) events.monitor_.reset(udev_monitor_new_from_netlink(library.get(), "udev"));
  if (!events.monitor_) return refuse_listening(errno);
  // The filter is the kernel's: a container that starts makes dozens of events of network queues,
  // and none of them wakes us.
  for (const std::string& subsystem : subsystems) {
    const int error = udev_monitor_filter_add_match_subsystem_devtype(events.monitor_.get(),
                                                                      subsystem.c_str(), nullptr);
    if (error < 0) return refuse_listening(-error);
  }
  const int error = udev_monitor_enable_receiving(events.monitor_.get());
  if (error < 0) return refuse_listening(-error);
  return events;
}

int UdevEvents::fd() const {
  return monitor_ ? udev_monitor_get_fd(monitor_.get()) : kernel_.get();
}

// The messages themselves and not libudev's devices: both kinds are made of "KEY=value" strings,
// and one that libudev finds invalid is told all the same.
Result<bool> UdevEvents::take() {
  constexpr std::string_view wanted = "SUBSYSTEM=infiniband";
  bool rdma = false;
  const auto taken = take([&](std::string_view message) {
    rdma = rdma || message.find(wanted) != std::string_view::npos;
  });
  if (!taken) return tl::unexpected<Error>(taken.error());
  return rdma;
}

Result<void> UdevEvents::take(const std::function<void(std::string_view)>& each) {
  return take_messages(fd(), each);
}

}  // namespace nvmeofs
