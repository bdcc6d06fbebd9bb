// Where a port can listen, which the kernel says at its first link.
#include "contract.h"

namespace nvmeofs::contract {
namespace {

struct Listen : Contract {
  void SetUp() override {
    Contract::SetUp();
    given_subsystem("toto");
  }

  // A port of these texts, some of them not written: what its first link answers.
  Answer listen_on(const std::string& trtype, const std::string& adrfam, const std::string& traddr,
                   const std::string& trsvcid) {
    EXPECT_EQ(mkdir("ports/1"), done);
    for (const auto& [name, text] : {std::pair{"addr_trtype", trtype},
                                     {"addr_adrfam", adrfam},
                                     {"addr_traddr", traddr},
                                     {"addr_trsvcid", trsvcid}}) {
      if (text.empty()) continue;
      EXPECT_EQ(write(std::string("ports/1/") + name, text), done);
    }
    return link_port("1", "toto");
  }
};

TEST_F(Listen, WithoutATransportIsEinval) {
  EXPECT_EQ(listen_on("", "ipv4", world().traddr, "4420"), EINVAL);
}

TEST_F(Listen, WithoutAFamilyIsEinval) {
  EXPECT_EQ(listen_on("tcp", "", world().traddr, "4420"), EINVAL);
}

TEST_F(Listen, WithoutAnAddressIsEinval) {
  EXPECT_EQ(listen_on("tcp", "ipv4", "", "4420"), EINVAL);
}

TEST_F(Listen, WithoutAServiceIsEinval) {
  EXPECT_EQ(listen_on("tcp", "ipv4", world().traddr, ""), EINVAL);
}

TEST_F(Listen, OverRdmaWithoutAServiceIsEinval) {
  EXPECT_EQ(listen_on("rdma", "ipv4", world().traddr, ""), EINVAL);
}

TEST_F(Listen, OnAHostNameIsEinval) {
  EXPECT_EQ(listen_on("tcp", "ipv4", "localhost", "4420"), EINVAL);
}

TEST_F(Listen, OnAnAddressOfAnotherFamilyIsEinval) {
  EXPECT_EQ(listen_on("tcp", "ipv6", world().traddr, "4420"), EINVAL);
}

TEST_F(Listen, OverTcpInAFamilyOfOtherTransportsIsEinval) {
  EXPECT_EQ(listen_on("tcp", "fc", world().traddr, "4420"), EINVAL);
}

TEST_F(Listen, OverFcNeedsNoService) {
  const Answer answer = listen_on("fc", "fc", world().fc_port, "");
  EXPECT_EQ(answer, world().facts.has_fc_port ? done : ENXIO);
}

TEST_F(Listen, OverFcTakesNamesWithout0xInCapitals) {
  std::string bare;
  for (const char c : world().fc_port) bare += c >= 'a' && c <= 'f' ? char(c - 'a' + 'A') : c;
  bare.erase(25, 2).erase(3, 2);
  const Answer answer = listen_on("fc", "fc", bare, "none");
  EXPECT_EQ(answer, world().facts.has_fc_port ? done : ENXIO) << bare;
}

TEST_F(Listen, OnAnFcPortOfNobodyHereIsEnxio) {
  EXPECT_EQ(listen_on("fc", "fc", world().fc_port_elsewhere, "none"),
            world().facts.has_fc ? ENXIO : EINVAL);
}

TEST_F(Listen, OnWhatIsNoFcPortIsEinval) {
  EXPECT_EQ(listen_on("fc", "fc", "nn-0x1:pn-0x2", "none"), EINVAL);
}

TEST_F(Listen, OverFcInAnotherFamilyIsEinval) {
  EXPECT_EQ(listen_on("fc", "ipv4", world().fc_port, "none"), EINVAL);
}

TEST_F(Listen, OnTheFcPortOfAnotherPortIsEalready) {
  const bool there = world().facts.has_fc_port;
  const auto address = TransportAddress::from_port("fc", "fc", world().fc_port, "none").value();
  EXPECT_EQ(listen("1", address, "toto"), there ? done : ENXIO);
  EXPECT_EQ(listen("2", address, "toto"), there ? EALREADY : ENXIO);
}

TEST_F(Listen, OnNoNumberIsEinval) {
  EXPECT_EQ(listen_on("tcp", "ipv4", world().traddr, "nvme"), EINVAL);
}

TEST_F(Listen, OnAServiceOver16BitsIsEinval) {
  EXPECT_EQ(listen_on("tcp", "ipv4", world().traddr, "65536"), EINVAL);
}

TEST_F(Listen, OnALinkLocalAddressWithoutItsZoneIsEinval) {
  EXPECT_EQ(listen_on("tcp", "ipv6", "fe80::1", "4420"), EINVAL);
}

TEST_F(Listen, OnALinkLocalAddressOfAnUnknownZoneIsEinval) {
  EXPECT_EQ(listen_on("tcp", "ipv6", "fe80::1%nowhere", "4420"), EINVAL);
}

TEST_F(Listen, OverTcpOnALocalAddressIsDone) {
  EXPECT_EQ(listen("1", tcp(world().traddr), "toto"), done);
}

TEST_F(Listen, OverTcpOnIpv6IsDone) {
  EXPECT_EQ(listen("1", tcp("::1"), "toto"), done);
}

TEST_F(Listen, OverTcpOnLoopbackIsDone) {
  EXPECT_EQ(listen("1", tcp("127.0.0.1"), "toto"), done);
  EXPECT_EQ(listen("2", tcp("127.0.0.9"), "toto"), done);
}

TEST_F(Listen, OverTcpOnAnAddressElsewhereIsEaddrnotavail) {
  EXPECT_EQ(listen("1", tcp(world().traddr_elsewhere), "toto"), EADDRNOTAVAIL);
}

TEST_F(Listen, RefusedLeavesNoLink) {
  EXPECT_EQ(listen("1", tcp(world().traddr_elsewhere), "toto"), EADDRNOTAVAIL);
  EXPECT_TRUE(observe().ports["1"].subsystems.empty());
  EXPECT_EQ(rmdir("ports/1"), done);
}

TEST_F(Listen, OverTcpOnATakenAddressIsEaddrinuse) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(listen("2", tcp(world().traddr), "toto"), EADDRINUSE);
}

TEST_F(Listen, OverTcpOnATakenServiceInAnotherSpellingIsEaddrinuse) {
  given_linked_port("2", tcp(world().traddr, 4420), "toto");
  EXPECT_EQ(listen_on("tcp", "ipv4", world().traddr, "0x1144"), EADDRINUSE);
}

TEST_F(Listen, OverTcpWhereAnotherProgramListensIsEaddrinuse) {
  const auto other = world().occupy(world().traddr, 4420);
  EXPECT_EQ(listen("1", tcp(world().traddr), "toto"), EADDRINUSE);
}

TEST_F(Listen, OverTcpWhereAnotherProgramListensEverywhereIsEaddrinuse) {
  const auto other = world().occupy("0.0.0.0", 4420);
  EXPECT_EQ(listen("1", tcp(world().traddr), "toto"), EADDRINUSE);
}

TEST_F(Listen, OverTcpIsDoneOnceTheOtherProgramIsGone) {
  auto other = world().occupy(world().traddr, 4420);
  EXPECT_EQ(listen("1", tcp(world().traddr), "toto"), EADDRINUSE);
  other.reset();
  EXPECT_EQ(link_port("1", "toto"), done);
}

TEST_F(Listen, OverTcpEverywhereBesideASpecificAddressIsEaddrinuse) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(listen("2", tcp("0.0.0.0"), "toto"), EADDRINUSE);
}

TEST_F(Listen, OverTcpOnASpecificAddressBesideEverywhereIsEaddrinuse) {
  given_linked_port("1", tcp("0.0.0.0"), "toto");
  EXPECT_EQ(listen("2", tcp(world().traddr), "toto"), EADDRINUSE);
}

TEST_F(Listen, OverTcpEverywhereInBothFamiliesIsEaddrinuse) {
  given_linked_port("1", tcp("0.0.0.0"), "toto");
  EXPECT_EQ(listen("2", tcp("::"), "toto"), EADDRINUSE);
}

TEST_F(Listen, OverTcpEverywhereInIpv6BesideAnIpv4AddressIsEaddrinuse) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(listen("2", tcp("::"), "toto"), EADDRINUSE);
}

TEST_F(Listen, OverTcpEverywhereInIpv4BesideAnIpv6AddressIsDone) {
  given_linked_port("1", tcp("::1"), "toto");
  EXPECT_EQ(listen("2", tcp("0.0.0.0"), "toto"), done);
}

TEST_F(Listen, OverTcpOnTwoAddressesOrTwoServicesIsDone) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(listen("2", tcp(world().other_traddr), "toto"), done);
  EXPECT_EQ(listen("3", tcp(world().traddr, 4421), "toto"), done);
}

TEST_F(Listen, OnServiceZeroIsDoneTwice) {
  EXPECT_EQ(listen("1", tcp(world().traddr, 0), "toto"), done);
  EXPECT_EQ(listen("2", tcp(world().traddr, 0), "toto"), done);
  EXPECT_EQ(attribute(observe().ports["1"].attributes, "addr_trsvcid"), "0");
}

TEST_F(Listen, EndsWithTheLastUnlink) {
  given_linked_port("1", tcp(world().traddr), "toto");
  ASSERT_EQ(unlink_port("1", "toto"), done);
  EXPECT_EQ(listen("2", tcp(world().traddr), "toto"), done);
}

TEST_F(Listen, GoesOnUntilTheLastUnlink) {
  given_subsystem("titi");
  given_linked_port("1", tcp(world().traddr), "toto");
  ASSERT_EQ(link_port("1", "titi"), done);
  ASSERT_EQ(unlink_port("1", "toto"), done);
  EXPECT_EQ(listen("2", tcp(world().traddr), "toto"), EADDRINUSE);
}

TEST_F(Listen, CanBeginAgainAtOnce) {
  given_linked_port("1", tcp(world().traddr), "toto");
  ASSERT_EQ(unlink_port("1", "toto"), done);
  EXPECT_EQ(link_port("1", "toto"), done);
}

TEST_F(Listen, OverRdmaWhereADeviceAnswersIsDone) {
  EXPECT_EQ(listen("1", rdma(world().traddr), "toto"), done);
}

TEST_F(Listen, OverRdmaWhereNoDeviceAnswersIsEnodev) {
  EXPECT_EQ(listen("1", rdma(world().traddr_without_rdma), "toto"), ENODEV);
}

TEST_F(Listen, OverRdmaOnAnAddressElsewhereIsEaddrnotavail) {
  EXPECT_EQ(listen("1", rdma(world().traddr_elsewhere), "toto"), EADDRNOTAVAIL);
}

TEST_F(Listen, OverRdmaOnLoopbackIsDoneThoughNobodyCanComeInByIt) {
  EXPECT_EQ(listen("1", rdma("127.0.0.1"), "toto"), done);
}

TEST_F(Listen, OverRdmaOnATakenAddressIsEaddrinuse) {
  given_linked_port("1", rdma(world().traddr), "toto");
  EXPECT_EQ(listen("2", rdma(world().traddr), "toto"), EADDRINUSE);
}

TEST_F(Listen, OverRdmaEverywhereIsDone) {
  EXPECT_EQ(listen("1", rdma("0.0.0.0"), "toto"), done);
}

TEST_F(Listen, OverRdmaEverywhereBesideASpecificAddressIsEaddrnotavail) {
  given_linked_port("1", rdma(world().traddr), "toto");
  EXPECT_EQ(listen("2", rdma("0.0.0.0"), "toto"), EADDRNOTAVAIL);
}

TEST_F(Listen, OverRdmaOnASpecificAddressBesideEverywhereIsEaddrnotavail) {
  given_linked_port("1", rdma("0.0.0.0"), "toto");
  EXPECT_EQ(listen("2", rdma(world().traddr), "toto"), EADDRNOTAVAIL);
}

TEST_F(Listen, OverRdmaEverywhereTwiceIsEaddrnotavail) {
  given_linked_port("1", rdma("0.0.0.0"), "toto");
  EXPECT_EQ(listen("2", rdma("0.0.0.0"), "toto"), EADDRNOTAVAIL);
}

TEST_F(Listen, OverRdmaEverywhereInBothFamiliesIsDone) {
  given_linked_port("1", rdma("0.0.0.0"), "toto");
  EXPECT_EQ(listen("2", rdma("::"), "toto"), done);
}

TEST_F(Listen, OverRdmaOnTwoAddressesWithOneServiceIsDone) {
  given_linked_port("1", rdma(world().traddr), "toto");
  EXPECT_EQ(listen("2", rdma(world().other_traddr), "toto"), done);
}

TEST_F(Listen, OverRdmaAndTcpOnOneAddressIsDone) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(listen("2", rdma(world().traddr), "toto"), done);
}

TEST_F(Listen, OverRdmaEndsWithTheLastUnlink) {
  given_linked_port("1", rdma(world().traddr), "toto");
  ASSERT_EQ(unlink_port("1", "toto"), done);
  EXPECT_EQ(listen("2", rdma(world().traddr), "toto"), done);
}

}  // namespace
}  // namespace nvmeofs::contract
