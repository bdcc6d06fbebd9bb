// Which addresses can be served on. In a network of the test's own: v0 has 192.168.1.32/24,
// fd00:1::32/64 and fe80::1:32/64, and no RDMA device.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>

#include <cerrno>
#include <string>

#include "probe/address_probe.h"
#include "probe/interfaces.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class MachineAddress : public ::testing::Test {
 protected:
  void SetUp() override {
    run("ip link set lo up");
    run("ip link add v0 type veth peer name v1");
    run("ip link set v0 addrgenmode none && ip link set v1 addrgenmode none");
    run("ip address add 192.168.1.32/24 broadcast 192.168.1.255 dev v0");
    run("ip address add fd00:1::32/64 dev v0 nodad");
    run("ip address add fe80::1:32/64 dev v0 nodad");
    run("ip link set v0 up && ip link set v1 up");
  }

  void taken(const std::string& text) {
    const std::size_t before = open_descriptors();
    const auto result = addresses_.check(parse(text));
    EXPECT_TRUE(result) << text << ": " << result.error().message;
    EXPECT_EQ(open_descriptors(), before);
  }

  Error refused(const std::string& text) {
    const std::size_t before = open_descriptors();
    const auto result = addresses_.check(parse(text));
    EXPECT_EQ(open_descriptors(), before);
    if (!result) return result.error();
    ADD_FAILURE() << text << " was taken";
    return {};
  }

  Error not_local(const std::string& text) {
    const Error error = refused(text);
    EXPECT_EQ(error.errnum, EADDRNOTAVAIL);
    EXPECT_EQ(error.reason, Reason::address_not_local);
    return error;
  }

 private:
  static TransportAddress parse(const std::string& text) {
    return TransportAddress::parse(text, Trtype::rdma).value();
  }

  PrivateNamespace network_{CLONE_NEWNET};
  MachineAddresses addresses_{NVMEOFS_RDMA_BIND};
};

TEST_F(MachineAddress, OfAnInterfaceIsTaken) {
  taken("tcp://192.168.1.32");
  taken("tcp://[fd00:1::32]");
}

TEST_F(MachineAddress, WildcardIsTaken) {
  taken("tcp://0.0.0.0");
  taken("tcp://[::]");
}

TEST_F(MachineAddress, LoopbackIsTakenWithTcpThoughNoInterfaceListsIt) {
  taken("tcp://127.0.0.1");
  taken("tcp://127.9.9.9");
  taken("tcp://[::1]");
}

TEST_F(MachineAddress, IsTakenWhileItsServiceIsInUse) {
  // Whether the service is free is the kernel's answer when it listens.
  taken("tcp://192.168.1.32:1");
}

TEST_F(MachineAddress, OfAnotherMachineIsRefusedAndOursAreNamed) {
  EXPECT_EQ(not_local("tcp://192.168.1.99").message,
            "not an address of this machine, which has 192.168.1.32 (v0), fd00:1::32 (v0), "
            "fe80::1:32%v0 (v0), 127.0.0.1 (lo), ::1 (lo)");
}

TEST_F(MachineAddress, OfAnotherMachineIsRefusedWithThoseOfItsFamilyFirst) {
  EXPECT_THAT(not_local("tcp://[fd00:1::99]").message,
              HasSubstr("which has fd00:1::32 (v0), 192.168.1.32 (v0), "));
}

TEST_F(MachineAddress, NoMoreThanEightAreNamed) {
  for (int last = 100; last < 110; ++last) {
    run("ip address add 192.168.1." + std::to_string(last) + "/24 dev v0");
  }
  const std::string message = not_local("tcp://10.0.0.1").message;
  EXPECT_THAT(message, EndsWith(" and 7 more"));
  EXPECT_EQ(std::count(message.begin(), message.end(), '('), 8);
}

TEST_F(MachineAddress, IsRefusedOnceItIsRemoved) {
  run("ip address del 192.168.1.32/24 dev v0");
  not_local("tcp://192.168.1.32");
}

TEST_F(MachineAddress, BroadcastIsRefused) {
  EXPECT_EQ(not_local("tcp://192.168.1.255").message,
            "the broadcast address of v0, where nobody can connect; write 192.168.1.32");
}

TEST_F(MachineAddress, LinkLocalIsTakenOnItsInterface) {
  taken("tcp://[fe80::1:32%v0]");
}

TEST_F(MachineAddress, LinkLocalIsTakenByTheIndexOfItsInterface) {
  taken("tcp://[fe80::1:32%" + std::to_string(if_nametoindex("v0")) + "]");
}

TEST_F(MachineAddress, LinkLocalIsRefusedOnAnotherInterface) {
  run("ip address add fe80::2/64 dev v1 nodad");
  EXPECT_EQ(not_local("tcp://[fe80::1:32%v1]").message,
            "not an address of the interface v1, which has fe80::2%v1 (v1)");
}

TEST_F(MachineAddress, LinkLocalIsRefusedOnAnInterfaceThatIsNotThere) {
  EXPECT_EQ(not_local("tcp://[fe80::1:32%eth7]").message,
            "this machine has no interface eth7; 'ip address' lists those it has");
}

TEST_F(MachineAddress, IsRefusedWhileOtherMachinesAreAskedAboutIt) {
  // Without a carrier the question is never asked, so it stays open.
  run("ip link add v2 type veth peer name v3 && ip link set v2 addrgenmode none");
  run("ip link set v2 up && ip address add fd00:2::1/64 dev v2");
  EXPECT_THAT(not_local("tcp://[fd00:2::1]").message,
              HasSubstr("v2 is still finding out whether another machine has this address"));
}

TEST_F(MachineAddress, LoopbackIsRefusedWithRdma) {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "[::1]"}) {
    const Error error = refused(std::string("rdma://") + host);
    EXPECT_EQ(error.errnum, ENODEV) << host;
    EXPECT_EQ(error.reason, Reason::address_loopback) << host;
  }
  EXPECT_EQ(refused("rdma://127.0.0.1").message,
            "a loopback address, for which no RDMA device answers; write tcp://127.0.0.1:4420 to "
            "serve it over TCP, or the address of an RDMA device");
}

TEST_F(MachineAddress, OfAnotherMachineIsRefusedAsSuchWithRdmaToo) {
  not_local("rdma://192.168.1.99");
}

TEST_F(MachineAddress, EveryNameOfAnInterfaceGoesRoundThroughTraddr) {
  const auto addresses = interface_addresses();
  ASSERT_TRUE(addresses) << addresses.error().message;
  EXPECT_EQ(addresses->size(), 5U);
  for (const auto& each : *addresses) {
    const bool ipv6 = each.adrfam == Adrfam::ipv6;
    taken("tcp://" + (ipv6 ? "[" + each.traddr() + "]" : each.traddr()));
  }
}

}  // namespace
}  // namespace nvmeofs::test
