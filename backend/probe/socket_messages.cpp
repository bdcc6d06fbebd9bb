#include "socket_messages.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace nvmeofs {

Result<void> take_messages(int fd, const std::function<void(std::string_view)>& each) {
  constexpr int most = 4096;
  std::array<char, 8192> buffer{};
  for (int taken = 0; taken < most; ++taken) {
    const ssize_t size = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size >= 0) {
      each({buffer.data(), static_cast<std::size_t>(size)});
    } else if (errno == EAGAIN) {
      return {};
    } else if (errno != EINTR && errno != ENOBUFS) {
      return refuse(errno, Reason::internal, "cannot be read: {}", std::strerror(errno));
    }
  }
  return {};
}

}  // namespace nvmeofs
