#include "address_events.h"

#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <cerrno>
#include <utility>

#include "socket_messages.h"

namespace nvmeofs {

void AddressEvents::Free::operator()(nl_sock* socket) const {
  nl_socket_free(socket);
}

Result<AddressEvents> AddressEvents::open() {
  std::unique_ptr<nl_sock, Free> socket(nl_socket_alloc());
  int error = socket ? nl_connect(socket.get(), NETLINK_ROUTE) : -NLE_NOMEM;
  if (error >= 0) {
    error = nl_socket_add_memberships(socket.get(), RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0);
  }
  if (error < 0) return refuse(EIO, Reason::internal, "{}", nl_geterror(error));
  return AddressEvents(std::move(socket));
}

int AddressEvents::fd() const {
  return nl_socket_get_fd(socket_.get());
}

Result<bool> AddressEvents::take() {
  bool any = false;
  const auto taken = take_messages(fd(), [&](std::string_view) { any = true; });
  if (!taken) return tl::unexpected<Error>(taken.error());
  return any;
}

}  // namespace nvmeofs
