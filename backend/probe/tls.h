// Whether this machine can shake hands with hosts that come over TLS.
#pragma once

#include <istream>

#include "nvmeofs/error.h"

namespace nvmeofs {

// nvmet looks for the hosts' keys in the keyring .nvme (module nvme-keyring), and has a program do
// the handshakes: tlshd, which listens to the kernel's netlink family "handshake" (net/handshake/).
// ENODEV: the kernel has no such keyring or no handshakes; ESRCH: nobody listens. What cannot be
// looked at is taken to be there. Any thread; milliseconds.
Result<void> check_tls();

// Whether /proc/keys, given, has the keyring.
bool has_nvme_keyring(std::istream& keys);

}  // namespace nvmeofs
