// ports/: their attributes. Where they listen is in listen_test.cpp.
#include "contract.h"

namespace nvmeofs::contract {
namespace {

struct Port : Contract {
  void SetUp() override {
    Contract::SetUp();
    given_subsystem("toto");
  }

  std::string port_attribute(const std::string& name) {
    return attribute(observe().ports["1"].attributes, name);
  }
};

TEST_F(Port, TakesNumbersOf16Bits) {
  EXPECT_EQ(mkdir("ports/0"), done);
  EXPECT_EQ(mkdir("ports/65535"), done);
}

TEST_F(Port, OfOtherNamesIsEinval) {
  for (const char* name : {"65536", "-1", "one", "1x", "4294967296"}) {
    EXPECT_EQ(mkdir(std::string("ports/") + name), EINVAL) << name;
  }
}

TEST_F(Port, InASecondSpellingIsAnotherPort) {
  EXPECT_EQ(mkdir("ports/1"), done);
  EXPECT_EQ(mkdir("ports/01"), done);
  EXPECT_EQ(observe().ports.size(), 2U);
}

TEST_F(Port, HasNoAddressAtFirst) {
  ASSERT_EQ(mkdir("ports/1"), done);
  for (const char* name : {"addr_trtype", "addr_adrfam", "addr_traddr", "addr_trsvcid"})
    EXPECT_EQ(port_attribute(name), "") << name;
}

TEST_F(Port, ReadsItsAddressBackAsWritten) {
  given_port("1", tcp(world().traddr));
  EXPECT_EQ(port_attribute("addr_trtype"), "tcp");
  EXPECT_EQ(port_attribute("addr_adrfam"), "ipv4");
  EXPECT_EQ(port_attribute("addr_traddr"), world().traddr);
  EXPECT_EQ(port_attribute("addr_trsvcid"), "4420");
}

TEST_F(Port, AnUnknownTransportIsEinval) {
  ASSERT_EQ(mkdir("ports/1"), done);
  for (const char* name : {"udp", "TCP", "tcp ", "\n"}) {
    EXPECT_EQ(write("ports/1/addr_trtype", name), EINVAL) << name;
  }
}

TEST_F(Port, AnUnknownFamilyIsEinval) {
  ASSERT_EQ(mkdir("ports/1"), done);
  for (const char* name : {"pcie", "ip", "IPv4", "\n"}) {
    EXPECT_EQ(write("ports/1/addr_adrfam", name), EINVAL) << name;
  }
}

TEST_F(Port, TakesAnyWordAsAddress) {
  ASSERT_EQ(mkdir("ports/1"), done);
  EXPECT_EQ(write("ports/1/addr_traddr", "no.such.host"), done);
  EXPECT_EQ(port_attribute("addr_traddr"), "no.such.host");
}

TEST_F(Port, DropsWhatFollowsABlankInAnAddress) {
  ASSERT_EQ(mkdir("ports/1"), done);
  EXPECT_EQ(write("ports/1/addr_traddr", "  1.2.3.4 5.6.7.8"), done);
  EXPECT_EQ(port_attribute("addr_traddr"), "1.2.3.4");
}

TEST_F(Port, ClearsAnAddressByANewline) {
  given_port("1", tcp(world().traddr));
  EXPECT_EQ(write("ports/1/addr_traddr", "\n"), done);
  EXPECT_EQ(write("ports/1/addr_trsvcid", "\n"), done);
  const auto attributes = observe().ports["1"].attributes;
  EXPECT_FALSE(attributes.contains("addr_traddr"));
  EXPECT_FALSE(attributes.contains("addr_trsvcid"));
}

TEST_F(Port, AnAddressOver256BytesIsEinval) {
  ASSERT_EQ(mkdir("ports/1"), done);
  EXPECT_EQ(write("ports/1/addr_traddr", std::string(255, 'a')), done);
  EXPECT_EQ(write("ports/1/addr_traddr", std::string(257, 'a')), EINVAL);
}

TEST_F(Port, AServiceOver32BytesIsEinval) {
  ASSERT_EQ(mkdir("ports/1"), done);
  EXPECT_EQ(write("ports/1/addr_trsvcid", std::string(31, '1')), done);
  EXPECT_EQ(write("ports/1/addr_trsvcid", std::string(33, '1')), EINVAL);
}

TEST_F(Port, TakesTheThreeRequirementsOfASecureChannel) {
  ASSERT_EQ(mkdir("ports/1"), done);
  for (const char* name : {"not specified", "required", "not required"}) {
    EXPECT_EQ(write("ports/1/addr_treq", name), done) << name;
  }
  EXPECT_EQ(write("ports/1/addr_treq", "maybe"), EINVAL);
}

TEST_F(Port, HasSecurityByTransportWhereTheKernelHasIt) {
  given_port("1", tcp(world().traddr));
  EXPECT_EQ(write("ports/1/addr_tsas", "none"), world().facts.has_tsas ? done : ENOENT);
  EXPECT_EQ(write("ports/1/addr_tsas", "connected"), world().facts.has_tsas ? EINVAL : ENOENT);
}

TEST_F(Port, OfLoopNeedsNoAddressWhereTheKernelHasIt) {
  const int comes_up = world().facts.has_loop ? done : EINVAL;
  for (const char* id : {"1", "2"}) {
    const std::string path = std::string("ports/") + id;
    ASSERT_EQ(mkdir(path), done);
    ASSERT_EQ(write(path + "/addr_trtype", "loop"), done);
    ASSERT_EQ(write(path + "/addr_adrfam", "loop"), done);
    EXPECT_EQ(link_port(id, "toto"), comes_up) << id;
  }
  EXPECT_EQ(address_of(observe().ports.at("1")), TransportAddress::loop());
}

TEST_F(Port, OfLoopHasNoSecurity) {
  ASSERT_EQ(mkdir("ports/1"), done);
  ASSERT_EQ(write("ports/1/addr_trtype", "loop"), done);
  EXPECT_EQ(write("ports/1/addr_tsas", "none"), world().facts.has_tsas ? EINVAL : ENOENT);
}

TEST_F(Port, OfFcHasNoSecurity) {
  ASSERT_EQ(mkdir("ports/1"), done);
  ASSERT_EQ(write("ports/1/addr_trtype", "fc"), done);
  EXPECT_EQ(write("ports/1/addr_tsas", "none"), world().facts.has_tsas ? EINVAL : ENOENT);
}

TEST_F(Port, OfFcSendsNoDataWithACommand) {
  const auto address = TransportAddress::from_port("fc", "fc", world().fc_port, "none").value();
  const bool there = world().facts.has_fc_port;
  EXPECT_EQ(listen("1", address, "toto"), there ? done : ENXIO);
  EXPECT_EQ(port_attribute("param_inline_data_size"), there ? "0" : "-1");
}

TEST_F(Port, WithTlsAsksForIt) {
  given_port("1", tcp(world().traddr));
  const int there = world().facts.has_tsas ? done : ENOENT;
  EXPECT_EQ(write("ports/1/addr_tsas", "tls1.3"), there);
  if (there != done) return;
  EXPECT_EQ(port_attribute("addr_treq"), "required");
  EXPECT_EQ(write("ports/1/addr_treq", "not specified"), EINVAL);
  EXPECT_EQ(write("ports/1/addr_tsas", "none"), done);
  EXPECT_EQ(port_attribute("addr_treq"), "not specified");
}

TEST_F(Port, WithTlsKeepsWhatWasAskedForBefore) {
  given_port("1", tcp(world().traddr));
  EXPECT_EQ(write("ports/1/addr_treq", "not required"), done);
  const int there = world().facts.has_tsas ? done : ENOENT;
  EXPECT_EQ(write("ports/1/addr_tsas", "tls1.3"), there);
  EXPECT_EQ(port_attribute("addr_treq"), "not required");
  EXPECT_EQ(write("ports/1/addr_tsas", "none"), there);
  EXPECT_EQ(port_attribute("addr_treq"), there == done ? "not specified" : "not required");
}

TEST_F(Port, LeavesItsSizesToTheTransportUntilItIsLinked) {
  given_port("1", tcp(world().traddr));
  EXPECT_EQ(port_attribute("param_inline_data_size"), "-1");
  ASSERT_EQ(link_port("1", "toto"), done);
  EXPECT_EQ(port_attribute("param_inline_data_size"), "16384");
  ASSERT_EQ(unlink_port("1", "toto"), done);
  EXPECT_EQ(port_attribute("param_inline_data_size"), "16384");
}

TEST_F(Port, KeepsTheInlineDataSizeThatWasWritten) {
  given_port("1", tcp(world().traddr));
  EXPECT_EQ(write("ports/1/param_inline_data_size", "8192"), done);
  ASSERT_EQ(link_port("1", "toto"), done);
  EXPECT_EQ(port_attribute("param_inline_data_size"), "8192");
  EXPECT_EQ(write("ports/1/param_inline_data_size", "4096"), EACCES);
}

TEST_F(Port, CutsTheInlineDataSizeDownForRdma) {
  given_port("1", rdma(world().traddr));
  EXPECT_EQ(write("ports/1/param_inline_data_size", "65536"), done);
  ASSERT_EQ(link_port("1", "toto"), done);
  EXPECT_EQ(port_attribute("param_inline_data_size"), "16384");
}

TEST_F(Port, CutsTheQueueSizeDownForRdmaWhereTheKernelHasOne) {
  given_port("1", rdma(world().traddr));
  const bool has_one = backend().attributes().port.contains("param_max_queue_size");
  EXPECT_EQ(write("ports/1/param_max_queue_size", "1024"), has_one ? done : ENOENT);
  ASSERT_EQ(link_port("1", "toto"), done);
  EXPECT_EQ(port_attribute("param_max_queue_size"), has_one ? "256" : "");
}

TEST_F(Port, RaisesAQueueSizeThatIsTooSmallWhereTheKernelHasOne) {
  given_port("1", tcp(world().traddr));
  const bool has_one = backend().attributes().port.contains("param_max_queue_size");
  EXPECT_EQ(write("ports/1/param_max_queue_size", "4"), has_one ? done : ENOENT);
  ASSERT_EQ(link_port("1", "toto"), done);
  EXPECT_EQ(port_attribute("param_max_queue_size"), has_one ? "16" : "");
}

TEST_F(Port, DoesNotComeUpOverTcpWithProtectionInformation) {
  given_port("1", tcp(world().traddr));
  EXPECT_EQ(write("ports/1/param_pi_enable", "1"), done);
  EXPECT_EQ(link_port("1", "toto"), EINVAL);
}

TEST_F(Port, NamesItsAttributes) {
  const auto& names = backend().attributes().port;
  EXPECT_TRUE(names.contains("param_inline_data_size"));
  EXPECT_TRUE(names.contains("addr_treq"));
  EXPECT_EQ(names.contains("addr_tsas"), world().facts.has_tsas);
  EXPECT_FALSE(names.contains("subsystems"));
}

TEST_F(Port, AttributesAreEaccesWhileLinked) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(write("ports/1/addr_trtype", "rdma"), EACCES);
  EXPECT_EQ(write("ports/1/addr_adrfam", "ipv6"), EACCES);
  EXPECT_EQ(write("ports/1/addr_traddr", world().other_traddr), EACCES);
  EXPECT_EQ(write("ports/1/addr_trsvcid", "4421"), EACCES);
  EXPECT_EQ(write("ports/1/addr_treq", "required"), EACCES);
}

TEST_F(Port, AttributesAreEaccesWhileLinkedEvenWhenTheSame) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(write("ports/1/addr_traddr", world().traddr), EACCES);
}

TEST_F(Port, LengthIsLookedAtBeforeTheLink) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(write("ports/1/addr_traddr", std::string(257, 'a')), EINVAL);
  EXPECT_EQ(write("ports/1/addr_trsvcid", std::string(33, '1')), EINVAL);
}

TEST_F(Port, TheLinkIsLookedAtBeforeTheName) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(write("ports/1/addr_trtype", "udp"), EACCES);
}

TEST_F(Port, AttributesAreEditableAgainAfterTheLastUnlink) {
  given_linked_port("1", tcp(world().traddr), "toto");
  ASSERT_EQ(unlink_port("1", "toto"), done);
  EXPECT_EQ(write("ports/1/addr_traddr", world().other_traddr), done);
}

TEST_F(Port, AttributesAreEditableAfterARefusedLink) {
  EXPECT_EQ(listen("1", tcp(world().traddr_elsewhere), "toto"), EADDRNOTAVAIL);
  EXPECT_EQ(write("ports/1/addr_traddr", world().traddr), done);
  EXPECT_EQ(link_port("1", "toto"), done);
}

TEST_F(Port, RmdirWhileItServesASubsystemIsEnotempty) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(rmdir("ports/1"), ENOTEMPTY);
}

TEST_F(Port, RmdirOfItsSubsystemsIsEperm) {
  ASSERT_EQ(mkdir("ports/1"), done);
  EXPECT_EQ(rmdir("ports/1/subsystems"), EPERM);
}

TEST_F(Port, LinkOfTheSameSubsystemAgainIsEexist) {
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(link("subsystems/toto", "ports/1/subsystems/other"), EEXIST);
}

TEST_F(Port, LinkOfOtherThanASubsystemIsEinval) {
  given_host("nqn.host");
  given_port("1", tcp(world().traddr));
  EXPECT_EQ(link("hosts/nqn.host", "ports/1/subsystems/nqn.host"), EINVAL);
}

TEST_F(Port, TakesALinkByAnyName) {
  given_port("1", tcp(world().traddr));
  EXPECT_EQ(link("subsystems/toto", "ports/1/subsystems/whatever"), done);
  EXPECT_EQ(observe().ports["1"].subsystems,
            (std::map<std::string, std::string>{{"toto", "whatever"}}));
}

TEST_F(Port, ServesASubsystemWithoutNamespacesOrHosts) {
  EXPECT_EQ(listen("1", tcp(world().traddr), "toto"), done);
}

TEST_F(Port, ServesSeveralSubsystems) {
  given_subsystem("titi");
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(link_port("1", "titi"), done);
  EXPECT_EQ(observe().ports["1"].subsystems.size(), 2U);
}

TEST_F(Port, TakesFurtherLinksWithoutLookingAtItsAddress) {
  given_subsystem("titi");
  given_linked_port("1", tcp(world().traddr, 0), "toto");
  EXPECT_EQ(link_port("1", "titi"), done);
}

}  // namespace
}  // namespace nvmeofs::contract
