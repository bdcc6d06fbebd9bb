#include "tls.h"

#include <linux/netlink_diag.h>
#include <linux/sock_diag.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "tables/netlink.h"

namespace nvmeofs {
namespace {

// Of the group that tlshd joins (handshake_nl_family, HANDSHAKE_MCGRP_TLSHD). Nothing: this kernel
// has none.
Result<unsigned> handshake_group() {
  const std::unique_ptr<nl_sock, decltype(&nl_socket_free)> socket(nl_socket_alloc(),
                                                                   nl_socket_free);
  if (!socket || genl_connect(socket.get()) < 0)
    return refuse(EIO, Reason::kernel_refused, "generic netlink cannot be used");
  const int group = genl_ctrl_resolve_grp(socket.get(), "handshake", "tlshd");
  if (group < 0) return refuse(ENOENT, Reason::no_tls, "{}", nl_geterror(group));
  return static_cast<unsigned>(group);
}

// NETLINK_DIAG_GROUPS is an array of the kernel's unsigned long; group 1 is bit 0.
bool is_in(const nlattr& groups, unsigned group) {
  constexpr unsigned bits = sizeof(unsigned long) * CHAR_BIT;
  const std::size_t offset = (group - 1) / bits * sizeof(unsigned long);
  if (offset + sizeof(unsigned long) > static_cast<std::size_t>(nla_len(&groups))) return false;
  unsigned long word = 0;
  std::memcpy(&word, static_cast<const char*>(nla_data(&groups)) + offset, sizeof word);
  return (word >> ((group - 1) % bits) & 1UL) != 0;
}

// As the kernel asks before it hands over a handshake (genl_has_listeners).
Result<bool> somebody_listens(unsigned group) {
  auto netlink = Netlink::open(NETLINK_SOCK_DIAG, "netlink sockets");
  if (!netlink) return tl::unexpected(netlink.error());
  netlink_diag_req request{};
  request.sdiag_family = AF_NETLINK;
  request.sdiag_protocol = NETLINK_GENERIC;
  request.ndiag_show = NDIAG_SHOW_GROUPS;
  bool found = false;
  auto done = netlink->dump(
      SOCK_DIAG_BY_FAMILY, &request, sizeof request, [&] { found = false; },
      [&](const nlmsghdr& message) {
        const nlattr* const groups = nlmsg_find_attr(const_cast<nlmsghdr*>(&message),
                                                     sizeof(netlink_diag_msg), NETLINK_DIAG_GROUPS);
        found = found || (groups != nullptr && is_in(*groups, group));
      });
  if (!done) return tl::unexpected(done.error());
  return found;
}

}  // namespace

bool has_nvme_keyring(std::istream& keys) {
  for (std::string line; std::getline(keys, line);) {
    std::istringstream words(line);
    std::string word;
    // Serial, flags, usage, timeout, permissions, uid, gid: Documentation/security/keys/core.rst.
    for (int i = 0; i < 7; ++i) words >> word;
    std::string type;
    std::string description;
    if (words >> type >> description && type == "keyring" && description == ".nvme:") return true;
  }
  return false;
}

Result<void> check_tls() {
  std::ifstream keys("/proc/keys");
  if (keys && !has_nvme_keyring(keys))
    return refuse(ENODEV, Reason::no_tls,
                  "the kernel has no keyring .nvme, where it looks for the keys of hosts; load the "
                  "module nvme-keyring, or boot a kernel with TLS for NVMe");
  const auto group = handshake_group();
  if (!group && group.error().errnum == ENOENT)
    return refuse(ENODEV, Reason::no_tls,
                  "this kernel has no TLS handshakes (CONFIG_NET_HANDSHAKE); boot one that has");
  const auto listens = group.and_then(somebody_listens);
  if (listens && !*listens)
    return refuse(ESRCH, Reason::no_tls,
                  "tlshd does not run, which does the handshakes for the kernel, and without it no "
                  "host gets in; start it (ktls-utils: systemctl start tlshd)");
  return {};
}

}  // namespace nvmeofs
