#include "reachable.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "nvmeofs/fd.h"

namespace nvmeofs {
namespace {

using Clock = std::chrono::steady_clock;

struct Free {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, Free>;

// Numbers alone, with the zone of IPv6: nothing is looked up.
AddressList numeric(const std::string& host, const std::string& service) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), service.c_str(), &hints, &list) != 0) return nullptr;
  return AddressList(list);
}

int come_from(const Fd& fd, const Way& way) {
  if (!way.host_iface.empty() &&
      setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, way.host_iface.c_str(),
                 static_cast<socklen_t>(way.host_iface.size())) != 0) {
    return errno;
  }
  if (way.host_traddr.empty()) return 0;
  const auto from = numeric(way.host_traddr, "0");
  if (!from) return EADDRNOTAVAIL;
  return bind(fd.get(), from->ai_addr, from->ai_addrlen) == 0 ? 0 : errno;
}

int end_of_connect(const Fd& fd, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return ETIMEDOUT;
    pollfd wait{fd.get(), POLLOUT, 0};
    const int ready = poll(&wait, 1, static_cast<int>(std::min<decltype(left)>(left, 1 << 30)));
    if (ready < 0 && errno != EINTR) return errno;
    if (ready <= 0) continue;
    int errnum = 0;
    socklen_t size = sizeof errnum;
    if (getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &errnum, &size) != 0) return errno;
    return errnum;
  }
}

}  // namespace

int try_tcp(const Way& way, std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  const auto to = numeric(way.address.traddr, std::to_string(way.address.trsvcid));
  if (!to) return EINVAL;
  const Fd fd(socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  if (const int errnum = come_from(fd, way); errnum != 0) return errnum;
  if (connect(fd.get(), to->ai_addr, to->ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  return end_of_connect(fd, end);
}

}  // namespace nvmeofs
