#include "tables/netlink.h"

#include <netlink/errno.h>
#include <netlink/msg.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

namespace nvmeofs {
namespace {

// libnl turns the kernel's errno into a code of its own, several into one.
int errno_of(int code) {
  switch (-code) {
    case NLE_PROTO_MISMATCH:
      return EPROTONOSUPPORT;
    case NLE_OBJ_NOTFOUND:
      return ENOENT;
    case NLE_PERM:
    case NLE_NOACCESS:
      return EPERM;
    case NLE_NOMEM:
      return ENOMEM;
    default:
      return EIO;
  }
}

tl::unexpected<Error> failed(int code, std::string_view what) {
  return refuse(errno_of(code), Reason::kernel_refused, "cannot read the kernel's {}: {}", what,
                nl_geterror(code));
}

int hand_over(nl_msg* message, void* each) {
  (*static_cast<const std::function<void(const nlmsghdr&)>*>(each))(*nlmsg_hdr(message));
  return NL_OK;
}

}  // namespace

Result<Netlink> Netlink::open(int protocol, std::string_view what) {
  std::unique_ptr<nl_sock, Free> socket(nl_socket_alloc());
  if (!socket) return failed(-NLE_NOMEM, what);
  if (const int code = nl_connect(socket.get(), protocol); code < 0) return failed(code, what);
  // A dump is answered at once. Without an end to the wait, a kernel that does not would take the
  // caller with it.
  constexpr timeval patience{5, 0};
  setsockopt(nl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return Netlink(std::move(socket), what);
}

Result<void> Netlink::dump(int type, const void* request, std::size_t size,
                           const std::function<void()>& begin,
                           const std::function<void(const nlmsghdr&)>& each) {
  constexpr int tries = 4;
  int code = 0;
  // libnl hands the pointer back to hand_over, which takes it as const again.
  auto* argument = const_cast<std::function<void(const nlmsghdr&)>*>(&each);
  nl_socket_modify_cb(socket_.get(), NL_CB_VALID, NL_CB_CUSTOM, hand_over, argument);
  for (int i = 0; i < tries; ++i) {
    begin();
    code = nl_send_simple(socket_.get(), type, NLM_F_DUMP, const_cast<void*>(request), size);
    if (code >= 0) code = nl_recvmsgs_default(socket_.get());
    if (code != -NLE_DUMP_INTR) break;
  }
  if (code < 0) return failed(code, what_);
  return {};
}

}  // namespace nvmeofs
