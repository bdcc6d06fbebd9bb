// Over this machine's own loopback.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "host/reachable.h"
#include "nvmeofs/fd.h"

namespace nvmeofs {
namespace {

using namespace std::chrono_literals;

// Bound to a service of the kernel's choice on 127.0.0.1.
class Service {
 public:
  Service() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    number_ = ntohs(address.sin_port);
  }
  void listen_for(int backlog) const { EXPECT_EQ(listen(fd_.get(), backlog), 0); }
  TransportAddress address() const { return {Trtype::tcp, Adrfam::ipv4, "127.0.0.1", number_}; }

 private:
  Fd fd_;
  std::uint16_t number_ = 0;
};

TEST(TryTcp, FindsAListener) {
  const Service service;
  service.listen_for(8);
  EXPECT_EQ(try_tcp({service.address()}, 5s), 0);
}

TEST(TryTcp, FindsThatNobodyListens) {
  const Service service;
  EXPECT_EQ(try_tcp({service.address()}, 5s), ECONNREFUSED);
}

TEST(TryTcp, GivesUpAtTheLimit) {
  const Service service;
  service.listen_for(0);
  // Who does not accept has room for one or two; the kernel drops what more of them say.
  std::vector<Fd> waiting;
  for (int at = 0; at < 4; ++at) {
    waiting.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(service.address().trsvcid);
    connect(waiting.back().get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  EXPECT_EQ(try_tcp({service.address()}, 100ms), ETIMEDOUT);
}

TEST(TryTcp, ComesFromTheAddressThatIsGiven) {
  const Service service;
  service.listen_for(8);
  EXPECT_EQ(try_tcp({service.address(), "127.0.0.2"}, 5s), 0);
  EXPECT_EQ(try_tcp({service.address(), "192.0.2.1"}, 5s), EADDRNOTAVAIL);
  EXPECT_EQ(try_tcp({service.address(), "", "none0"}, 5s), ENODEV);
}

}  // namespace
}  // namespace nvmeofs
