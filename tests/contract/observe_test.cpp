// What a Backend shows of the tree, and how it tells of changes.
#include <poll.h>

#include "contract.h"

namespace nvmeofs::contract {
namespace {

struct Observe : Contract {
  // Whether the change descriptor is readable, or becomes so within the time.
  bool is_told_within(int milliseconds) {
    pollfd news{backend().change_fd(), POLLIN, 0};
    return poll(&news, 1, milliseconds) == 1 && (news.revents & POLLIN) != 0;
  }
};

constexpr int soon = 5000;

TEST_F(Observe, AnEmptyKernelIsAnEmptyTarget) {
  EXPECT_EQ(observe(), Target{});
}

TEST_F(Observe, ShowsAWholeExport) {
  given_subsystem("toto");
  given_enabled_namespace("toto", "1");
  given_host("nqn.host");
  ASSERT_EQ(link("hosts/nqn.host", "subsystems/toto/allowed_hosts/nqn.host"), done);
  given_linked_port("7", tcp(world().traddr, 4421), "toto");

  Target expected;
  nvmeofs::Subsystem& subsystem = expected.subsystems["toto"];
  subsystem.attributes = {{"attr_serial", subsystem_attribute("toto", "attr_serial")},
                          {"attr_model", subsystem_attribute("toto", "attr_model")},
                          {"attr_allow_any_host", "0"}};
  subsystem.namespaces["1"] = {{{"device_path", world().device},
                                {"device_uuid", namespace_attribute("toto", "1", "device_uuid")},
                                {"device_nguid", namespace_attribute("toto", "1", "device_nguid")}},
                               true};
  subsystem.allowed_hosts = {{"nqn.host", "nqn.host"}};
  nvmeofs::Port& port = expected.ports["7"];
  port.attributes = {{"addr_trtype", "tcp"},
                     {"addr_adrfam", "ipv4"},
                     {"addr_traddr", world().traddr},
                     {"addr_trsvcid", "4421"}};
  port.subsystems = {{"toto", "toto"}};
  port.ana_groups = {{"1", "optimized"}};
  expected.hosts["nqn.host"] = observe().hosts["nqn.host"];  // host_test.cpp's
  Target seen = observe();
  // What else they have is told by the tests of each.
  const auto keep = [](Attributes& attributes, const Attributes& named) {
    std::erase_if(attributes,
                  [&](const auto& attribute) { return !named.contains(attribute.first); });
  };
  keep(seen.ports["7"].attributes, port.attributes);
  keep(seen.subsystems["toto"].attributes, subsystem.attributes);
  keep(seen.subsystems["toto"].passthru.attributes, {});
  keep(seen.subsystems["toto"].namespaces["1"].attributes, subsystem.namespaces["1"].attributes);
  EXPECT_EQ(seen, expected);
}

TEST_F(Observe, KnowsHostsByWhatTheirLinksPointTo) {
  given_subsystem("toto");
  given_host("nqn.host");
  ASSERT_EQ(link("hosts/nqn.host", "subsystems/toto/allowed_hosts/whatever"), done);
  EXPECT_EQ(observe().subsystems["toto"].allowed_hosts,
            (std::map<std::string, std::string>{{"nqn.host", "whatever"}}));
}

TEST_F(Observe, ShowsEachChangeThatCameSince) {
  given_subsystem("toto");
  EXPECT_TRUE(observe().subsystems["toto"].namespaces.empty());
  given_namespace("toto", "1");
  EXPECT_FALSE(is_enabled("toto", "1"));
  ASSERT_EQ(write("subsystems/toto/namespaces/1/enable", "1"), done);
  EXPECT_TRUE(is_enabled("toto", "1"));
  given_port("1", tcp(world().traddr));
  EXPECT_TRUE(observe().ports["1"].subsystems.empty());
  ASSERT_EQ(link_port("1", "toto"), done);
  EXPECT_TRUE(observe().ports["1"].subsystems.contains("toto"));
  ASSERT_EQ(unlink_port("1", "toto"), done);
  EXPECT_TRUE(observe().ports["1"].subsystems.empty());
  ASSERT_EQ(rmdir("subsystems/toto/namespaces/1"), done);
  EXPECT_TRUE(observe().subsystems["toto"].namespaces.empty());
  ASSERT_EQ(rmdir("subsystems/toto"), done);
  EXPECT_TRUE(observe().subsystems.empty());
}

TEST_F(Observe, ShowsWhatWasRemovedAndMadeAnewInBetween) {
  given_subsystem("toto");
  given_namespace("toto", "1");
  ASSERT_TRUE(observe().subsystems["toto"].namespaces.contains("1"));
  ASSERT_EQ(rmdir("subsystems/toto/namespaces/1"), done);
  ASSERT_EQ(rmdir("subsystems/toto"), done);
  given_subsystem("toto");
  EXPECT_TRUE(observe().subsystems["toto"].namespaces.empty());
  given_namespace("toto", "2");
  EXPECT_TRUE(observe().subsystems["toto"].namespaces.contains("2"));
}

TEST_F(Observe, IsNotToldOfAnythingWhenNothingChanged) {
  given_subsystem("toto");
  observe();
  EXPECT_FALSE(is_told_within(0));
}

TEST_F(Observe, IsToldOfANewSubsystem) {
  given_subsystem("toto");
  EXPECT_TRUE(is_told_within(soon));
}

TEST_F(Observe, IsToldOfARemovedSubsystem) {
  given_subsystem("toto");
  observe();
  ASSERT_EQ(rmdir("subsystems/toto"), done);
  EXPECT_TRUE(is_told_within(soon));
}

TEST_F(Observe, IsToldOfAWrittenAttribute) {
  given_subsystem("toto");
  observe();
  ASSERT_EQ(write("subsystems/toto/attr_allow_any_host", "1"), done);
  EXPECT_TRUE(is_told_within(soon));
}

TEST_F(Observe, IsToldOfAWrittenAttributeOfANamespace) {
  given_subsystem("toto");
  given_namespace("toto", "1");
  observe();
  ASSERT_EQ(write("subsystems/toto/namespaces/1/enable", "1"), done);
  EXPECT_TRUE(is_told_within(soon));
}

TEST_F(Observe, IsToldOfALink) {
  given_subsystem("toto");
  given_port("1", tcp(world().traddr));
  observe();
  ASSERT_EQ(link_port("1", "toto"), done);
  EXPECT_TRUE(is_told_within(soon));
}

TEST_F(Observe, IsToldOfAnUnlink) {
  given_subsystem("toto");
  given_linked_port("1", tcp(world().traddr), "toto");
  observe();
  ASSERT_EQ(unlink_port("1", "toto"), done);
  EXPECT_TRUE(is_told_within(soon));
}

TEST_F(Observe, IsToldOfAHost) {
  given_host("nqn.host");
  EXPECT_TRUE(is_told_within(soon));
}

TEST_F(Observe, HasWhatBothTransportsNeed) {
  EXPECT_TRUE(backend().need_transport(Trtype::tcp));
  EXPECT_TRUE(backend().need_transport(Trtype::rdma));
}

}  // namespace
}  // namespace nvmeofs::contract
