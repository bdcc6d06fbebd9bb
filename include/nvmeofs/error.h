// What every refusal carries: an errno for the program that wrote, a stable reason for tests and
// tools, and a sentence for a person. Messages may change freely; reasons may not.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace nvmeofs {

enum class Reason {
  bad_value,          // not parseable, or out of range
  too_long,           // longer than the file or the kernel takes
  not_one_write,      // a value in pieces: a second write at another offset
  bad_name,           // mkdir of a name that no host could connect to
  exists,             // mkdir of a name that is taken
  gone,               // the export was removed while the file was open
  incomplete,         // enabling without device or address
  still_enabled,      // a change that needs the export disabled first
  hosts_connected,    // a host would lose something
  foreign,            // made by something else than nvmeofs
  device_missing,     // no such path
  device_kind,        // neither block device nor regular file
  device_read_only,   // cannot be written
  device_in_use,      // mounted, swap, held by dm or md, claimed by a program
  device_member,      // idle member of LVM, MD, ZFS …: the next boot would take it back
  device_system,      // the disk under / or /boot
  device_served,      // another export serves it, under whatever name
  device_not_yours,   // who writes it could not open it, or others could lead the path elsewhere
  device_loop,        // ours: on this mount, or a disk of our own connections
  address_not_local,  // no such address on this machine
  address_in_use,     // another program listens there
  address_loopback,   // rdma on a loopback address: taken by the kernel, reachable by nobody
  no_rdma_device,     // the address is ours, but no RDMA device answers for it
  no_tls,             // tls1.3 without the kernel's keyring, or without tlshd
  identity_taken,     // another subsystem has the serial number, UUID or NGUID
  device_other,       // another disk answers to the path than the one that was written
  not_saved,          // the state could not be written to the disk
  state_unreadable,   // the state file is damaged, newer, or not ours to trust
  no_module,          // this kernel has no such module
  unknown_transport,  // transport that is not offered
  unknown_family,     // address family that is not offered
  not_offered,        // an operation that the tree does not offer
  target_refused,     // a target turned us away: it has no such subsystem, or not for this host
  not_authenticated,  // no secret, a wrong one, or a kernel that does not use it
  unreachable,        // nobody listens at the address, or nothing answers there
  already_connected,  // this host has a controller of that subsystem at that address
  bad_discovery_log,  // what a discovery controller says is no log page
  host_identity,      // host NQN and host id do not belong together, or are unreadable
  kernel_refused,     // refused by the kernel for a reason that was not foreseen
  kernel_waits,       // an earlier step of this export is still waiting in the kernel
  no_address,         // connecting without an address
  disk_in_use,        // a disk that a connection would take away
  still_connected,    // a change that needs the connection ended first
  mount_failed,       // the program could not start
  internal,           // our bug; the last one
};
inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::internal) + 1;

// The stable id of a reason, as it stands in `log`: "device-in-use".
std::string_view to_string(Reason reason);

// The symbol of an errno, "EBUSY"; a number for one that has no name.
std::string errno_name(int errnum);

struct Error {
  int errnum = 0;  // positive
  Reason reason{};
  std::string message;  // the reason and the way out; the writer of the record adds file and value
};

template <class T>
using Result = tl::expected<T, Error>;

// return refuse(EBUSY, Reason::still_enabled, "write 0 to {} first", file);
template <class... Args>
[[nodiscard]] tl::unexpected<Error> refuse(int errnum, Reason reason,
                                           fmt::format_string<Args...> text, Args&&... args) {
  return tl::unexpected<Error>(
      Error{errnum, reason, fmt::format(text, std::forward<Args>(args)...)});
}

}  // namespace nvmeofs
