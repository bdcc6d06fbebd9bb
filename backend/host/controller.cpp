#include "controller.h"

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "attribute.h"
#include "nvmeofs/text.h"
#include "probe/udev_events.h"

namespace nvmeofs {
namespace {

using Clock = std::chrono::steady_clock;

std::string folder_of(const std::string& sysfs, const std::string& controller) {
  return sysfs + "/class/nvme/" + controller;
}

// Which folder it is: another controller may get the name as soon as this one is gone.
std::optional<ino_t> inode_of(const std::string& folder) {
  struct stat status {};
  return stat(folder.c_str(), &status) == 0 ? std::optional(status.st_ino) : std::nullopt;
}

// Until an event comes, or a moment is over: not every removal has one that is for this process's
// network namespace.
void wait_for_event(std::optional<UdevEvents>& events, std::chrono::milliseconds moment) {
  pollfd wait{events ? events->fd() : -1, POLLIN, 0};
  poll(&wait, 1, static_cast<int>(moment.count()));
  if (events && !events->take()) events.reset();
}

// A setting is a number of the kernel's int, and -1 where that means never.
bool is_setting_value(std::string_view text) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end && number >= -1;
}

}  // namespace

Result<void> check_controller(const std::string& sysfs, const std::string& controller) {
  if (!is_controller_name(controller)) {
    return refuse(EINVAL, Reason::bad_name, "'{}' is no controller's name", printable(controller));
  }
  const auto transport = read_attribute(folder_of(sysfs, controller) + "/transport");
  if (!transport) return refuse(ENOENT, Reason::gone, "the controller {} is gone", controller);
  if (*transport == "pcie") {
    return refuse(EPERM, Reason::foreign, "{} is a drive of this machine, and no connection",
                  controller);
  }
  return {};
}

Result<void> delete_controller(const std::string& sysfs, const std::string& controller,
                               std::chrono::milliseconds limit) {
  if (auto known = check_controller(sysfs, controller); !known) {
    if (known.error().errnum == ENOENT) return {};
    return known;
  }
  const std::string folder = folder_of(sysfs, controller);
  const auto inode = inode_of(folder);
  // Before the write, so that no event is missed.
  std::optional<UdevEvents> events;
  if (auto opened = UdevEvents::open({"nvme"})) events = std::move(*opened);
  const int errnum = write_attribute(folder + "/delete_controller", "1");
  const auto gone = [&] { return !inode || inode_of(folder) != inode; };
  if (errnum != 0 && errnum != ENOENT && errnum != ENODEV) {
    if (gone()) return {};
    return refuse(errnum, Reason::kernel_refused, "the kernel does not end {}: {}", controller,
                  std::strerror(errnum));
  }
  const auto end = Clock::now() + limit;
  while (!gone()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) {
      return refuse(
          ETIMEDOUT, Reason::kernel_waits,
          "{} is being ended, and the kernel is not done within {:g} s; the last lines of "
          "'dmesg' may say why",
          controller, std::chrono::duration<double>(limit).count());
    }
    wait_for_event(events, std::min(left, std::chrono::milliseconds(100)));
  }
  return {};
}

Result<void> set_on_controller(const std::string& sysfs, const std::string& controller,
                               const std::string& setting, const std::string& value) {
  constexpr std::array<std::string_view, 3> live{"ctrl_loss_tmo", "reconnect_delay",
                                                 "fast_io_fail_tmo"};
  if (auto known = check_controller(sysfs, controller); !known) return known;
  if (std::find(live.begin(), live.end(), setting) == live.end()) {
    return refuse(EOPNOTSUPP, Reason::not_offered,
                  "{} counts from the next connection on: a live one does not take it",
                  printable(setting));
  }
  if (!is_setting_value(value)) {
    return refuse(EINVAL, Reason::bad_value, "{}: '{}' is no number of seconds, nor -1", setting,
                  printable(value));
  }
  const int errnum = write_attribute(folder_of(sysfs, controller) + "/" + setting, value);
  if (errnum == 0) return {};
  if (errnum == ENOENT || errnum == ENODEV) {
    return refuse(ENOENT, Reason::gone, "the controller {} is gone", controller);
  }
  return refuse(errnum, errnum == EINVAL ? Reason::bad_value : Reason::kernel_refused,
                "the kernel does not take {} for {} of {}: {}", value, setting, controller,
                std::strerror(errnum));
}

bool uses_secret(const std::string& sysfs, const std::string& controller) {
  const std::string folder = folder_of(sysfs, controller);
  const auto hide = [&](const char* name) { return chmod((folder + name).c_str(), 0600) == 0; };
  hide("/dhchap_ctrl_secret");
  return hide("/dhchap_secret");
}

}  // namespace nvmeofs
