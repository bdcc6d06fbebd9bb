// A netlink socket for one kind of question: dumps of the kernel's tables.
#pragma once

#include <netlink/netlink.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "nvmeofs/error.h"

namespace nvmeofs {

class Netlink {
 public:
  // `protocol` as NETLINK_SOCK_DIAG; `what` is what the tables are called in an error.
  // EPROTONOSUPPORT: this kernel has, at the moment, nothing of the kind.
  static Result<Netlink> open(int protocol, std::string_view what);

  // Sends the request with NLM_F_DUMP and hands over each message of the answer. A table that
  // changed under the dump is asked for again, so `begin` may be called more than once: it says to
  // forget what came so far.
  Result<void> dump(int type, const void* request, std::size_t size,
                    const std::function<void()>& begin,
                    const std::function<void(const nlmsghdr&)>& each);

 private:
  struct Free {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
  };

  Netlink(std::unique_ptr<nl_sock, Free> socket, std::string_view what)
      : socket_(std::move(socket)), what_(what) {}

  std::unique_ptr<nl_sock, Free> socket_;
  std::string_view what_;
};

}  // namespace nvmeofs
