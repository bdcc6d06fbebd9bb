// What hosts see of it, and what their coming changes.
#include <chrono>
#include <thread>

#include "contract.h"

namespace nvmeofs::contract {
namespace {

const std::string host = "nqn.2014-08.org.nvmexpress:uuid:7c9f3f2e-1b52-4b0e-9d5b-0f6b3c1a2d01";
const std::string other_host =
    "nqn.2014-08.org.nvmexpress:uuid:7c9f3f2e-1b52-4b0e-9d5b-0f6b3c1a2d02";

struct Connect : Contract {
  void SetUp() override {
    Contract::SetUp();
    given_subsystem("toto");
    given_enabled_namespace("toto", "1");
  }

  void given_served_to_any() {
    ASSERT_EQ(write("subsystems/toto/attr_allow_any_host", "1"), done);
    given_linked_port("1", address(), "toto");
  }

  void given_served_to(const std::string& host_nqn) {
    given_host(host_nqn);
    ASSERT_EQ(link("hosts/" + host_nqn, "subsystems/toto/allowed_hosts/" + host_nqn), done);
    given_linked_port("1", address(), "toto");
  }

  // The host may notice a little later than the target lets go.
  bool ends_soon() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (world().is_connected("toto")) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  TransportAddress address() { return tcp(world().traddr); }
  Answer connect(const std::string& host_nqn, const std::string& nqn = "toto") {
    return {world().connect(host_nqn, nqn, address())};
  }
};

TEST_F(Connect, OfAnyHostWhereAnyIsAllowed) {
  given_served_to_any();
  EXPECT_EQ(connect(host), done);
  EXPECT_TRUE(world().is_connected("toto"));
}

TEST_F(Connect, OverRdma) {
  ASSERT_EQ(write("subsystems/toto/attr_allow_any_host", "1"), done);
  given_linked_port("1", rdma(world().traddr), "toto");
  EXPECT_EQ(Answer{world().connect(host, "toto", rdma(world().traddr))}, done);
}

TEST_F(Connect, ByAnyAddressWhereThePortIsEverywhere) {
  ASSERT_EQ(write("subsystems/toto/attr_allow_any_host", "1"), done);
  given_linked_port("1", tcp("0.0.0.0"), "toto");
  EXPECT_EQ(connect(host), done);
}

TEST_F(Connect, OfAListedHost) {
  given_served_to(host);
  EXPECT_EQ(connect(host), done);
}

TEST_F(Connect, OfAnotherThanTheListedHostIsEio) {
  given_served_to(other_host);
  EXPECT_EQ(connect(host), EIO);
}

TEST_F(Connect, WhereNobodyIsAllowedIsEio) {
  given_linked_port("1", address(), "toto");
  EXPECT_EQ(connect(host), EIO);
}

TEST_F(Connect, ToASubsystemThatThePortDoesNotServeIsEio) {
  given_subsystem("titi");
  ASSERT_EQ(write("subsystems/titi/attr_allow_any_host", "1"), done);
  given_served_to_any();
  EXPECT_EQ(connect(host, "titi"), EIO);
}

TEST_F(Connect, WhereNobodyListensIsRefused) {
  EXPECT_EQ(connect(host), ECONNREFUSED);
  EXPECT_EQ(Answer{world().connect(host, "toto", rdma(world().traddr))}, ECONNRESET);
}

TEST_F(Connect, FreezesTheSerialForGood) {
  given_served_to_any();
  ASSERT_EQ(write("subsystems/toto/attr_serial", "BEFORE"), done);
  ASSERT_EQ(connect(host), done);
  EXPECT_EQ(write("subsystems/toto/attr_serial", "AFTER"), EINVAL);
  world().disconnect();
  EXPECT_EQ(write("subsystems/toto/attr_serial", "AFTER"), EINVAL);
  EXPECT_EQ(write("subsystems/toto/attr_model", "AFTER"), EINVAL);
}

TEST_F(Connect, OfARefusedHostFreezesNothing) {
  given_linked_port("1", address(), "toto");
  ASSERT_EQ(connect(host), EIO);
  EXPECT_EQ(write("subsystems/toto/attr_serial", "AFTER"), done);
}

TEST_F(Connect, StaysWhenTheHostIsDroppedFromTheList) {
  given_served_to(host);
  ASSERT_EQ(connect(host), done);
  EXPECT_EQ(unlink("subsystems/toto/allowed_hosts/" + host), done);
  EXPECT_TRUE(world().is_connected("toto"));
}

TEST_F(Connect, StaysWhenAnyHostIsAllowedNoMore) {
  given_served_to_any();
  ASSERT_EQ(connect(host), done);
  EXPECT_EQ(write("subsystems/toto/attr_allow_any_host", "0"), done);
  EXPECT_TRUE(world().is_connected("toto"));
}

TEST_F(Connect, StaysWhenTheNamespaceGoes) {
  given_served_to_any();
  ASSERT_EQ(connect(host), done);
  EXPECT_EQ(rmdir("subsystems/toto/namespaces/1"), done);
  EXPECT_TRUE(world().is_connected("toto"));
}

TEST_F(Connect, EndsWithTheUnlinkWhichIsNotRefused) {
  given_served_to_any();
  ASSERT_EQ(connect(host), done);
  EXPECT_EQ(unlink_port("1", "toto"), done);
  EXPECT_TRUE(ends_soon());
}

TEST_F(Connect, EndsWithTheUnlinkAlsoWhereThePortServesAnother) {
  given_subsystem("titi");
  given_served_to_any();
  ASSERT_EQ(link_port("1", "titi"), done);
  ASSERT_EQ(connect(host), done);
  EXPECT_EQ(unlink_port("1", "toto"), done);
  EXPECT_TRUE(ends_soon());
}

TEST_F(Connect, HoldsUpNothingOfTheTeardown) {
  given_served_to_any();
  ASSERT_EQ(connect(host), done);
  EXPECT_EQ(unlink_port("1", "toto"), done);
  EXPECT_EQ(rmdir("ports/1"), done);
  EXPECT_EQ(rmdir("subsystems/toto/namespaces/1"), done);
  EXPECT_EQ(rmdir("subsystems/toto"), done);
}

}  // namespace
}  // namespace nvmeofs::contract
