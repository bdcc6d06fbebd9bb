#include <gtest/gtest.h>

#include <cerrno>
#include <ostream>

#include "nvmeofs/discovery.h"

namespace nvmeofs {
namespace {

std::string uri_of(const char* name, Trtype transport = Trtype::rdma) {
  const auto address = parse_discovery_name(name, transport);
  return address ? address->uri() : errno_name(address.error().errnum);
}

TEST(DiscoveryName, IsAnAddressWithoutSlashes) {
  EXPECT_EQ(uri_of("tcp:192.168.1.32:8009"), "tcp://192.168.1.32:8009");
  EXPECT_EQ(uri_of("rdma:[fd00::1]:4420"), "rdma://[fd00::1]:4420");
  EXPECT_EQ(uri_of("tcp:[fe80::1%eth0]:4420"), "tcp://[fe80::1%eth0]:4420");
}

TEST(DiscoveryName, HasTheTransportOfTheMountByItself) {
  EXPECT_EQ(uri_of("192.168.1.32:4420", Trtype::tcp), "tcp://192.168.1.32:4420");
  EXPECT_EQ(uri_of("192.168.1.32:4420", Trtype::rdma), "rdma://192.168.1.32:4420");
}

TEST(DiscoveryName, HasTheServiceOfItsTransportByItself) {
  EXPECT_EQ(uri_of("tcp:192.168.1.32"), "tcp://192.168.1.32:8009");
  EXPECT_EQ(uri_of("rdma:192.168.1.32"), "rdma://192.168.1.32:4420");
  EXPECT_EQ(uri_of("[fd00::1]", Trtype::tcp), "tcp://[fd00::1]:8009");
}

TEST(DiscoveryName, ThatIsNoAddressIsRefused) {
  for (const char* name :
       {"", "tcp:", "toto", "tcp:toto", "fd00::1", "tcp://192.168.1.32", "tcp:0.0.0.0", "[::]",
        "192.168.1.32:0", "192.168.1.32:http", "192.168.1.320"})
    EXPECT_EQ(uri_of(name), "EINVAL") << name;
  EXPECT_EQ(uri_of("fc:192.168.1.32"), "EPROTONOSUPPORT");
}

}  // namespace
}  // namespace nvmeofs
