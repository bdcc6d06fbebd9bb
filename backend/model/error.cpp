#include "nvmeofs/error.h"

#include <string.h>  // strerrorname_np is glibc's, and not in <cstring>

namespace nvmeofs {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::bad_value:
      return "bad-value";
    case Reason::too_long:
      return "too-long";
    case Reason::not_one_write:
      return "not-one-write";
    case Reason::bad_name:
      return "bad-name";
    case Reason::exists:
      return "exists";
    case Reason::gone:
      return "gone";
    case Reason::incomplete:
      return "incomplete";
    case Reason::still_enabled:
      return "still-enabled";
    case Reason::hosts_connected:
      return "hosts-connected";
    case Reason::foreign:
      return "foreign";
    case Reason::device_missing:
      return "device-missing";
    case Reason::device_kind:
      return "device-kind";
    case Reason::device_read_only:
      return "device-read-only";
    case Reason::device_in_use:
      return "device-in-use";
    case Reason::device_member:
      return "device-member";
    case Reason::device_system:
      return "device-system";
    case Reason::device_served:
      return "device-served";
    case Reason::device_not_yours:
      return "device-not-yours";
    case Reason::device_loop:
      return "device-loop";
    case Reason::address_not_local:
      return "address-not-local";
    case Reason::address_in_use:
      return "address-in-use";
    case Reason::address_loopback:
      return "address-loopback";
    case Reason::no_rdma_device:
      return "no-rdma-device";
    case Reason::no_tls:
      return "no-tls";
    case Reason::identity_taken:
      return "identity-taken";
    case Reason::device_other:
      return "device-other";
    case Reason::not_saved:
      return "not-saved";
    case Reason::state_unreadable:
      return "state-unreadable";
    case Reason::no_module:
      return "no-module";
    case Reason::unknown_transport:
      return "unknown-transport";
    case Reason::unknown_family:
      return "unknown-family";
    case Reason::not_offered:
      return "not-offered";
    case Reason::target_refused:
      return "target-refused";
    case Reason::not_authenticated:
      return "not-authenticated";
    case Reason::unreachable:
      return "unreachable";
    case Reason::already_connected:
      return "already-connected";
    case Reason::bad_discovery_log:
      return "bad-discovery-log";
    case Reason::host_identity:
      return "host-identity";
    case Reason::kernel_refused:
      return "kernel-refused";
    case Reason::kernel_waits:
      return "kernel-waits";
    case Reason::no_address:
      return "no-address";
    case Reason::disk_in_use:
      return "disk-in-use";
    case Reason::still_connected:
      return "still-connected";
    case Reason::mount_failed:
      return "mount-failed";
    case Reason::internal:
      return "internal";
  }
  return "internal";
}

std::string errno_name(int errnum) {
  const char* name = strerrorname_np(errnum);
  return name != nullptr ? name : std::to_string(errnum);
}

}  // namespace nvmeofs
