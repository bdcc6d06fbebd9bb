// The simulated kernel's hosts and listeners, as Sessions tells of them.
#include "sim/sim_sessions.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "sim/sim_backend.h"

namespace nvmeofs {
namespace {

class SimSessionsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(kernel_.mkdir("subsystems/toto"));
    ASSERT_TRUE(kernel_.write("subsystems/toto/attr_allow_any_host", "1"));
    ASSERT_TRUE(kernel_.mkdir("ports/1"));
    ASSERT_TRUE(kernel_.write("ports/1/addr_trtype", "rdma"));
    ASSERT_TRUE(kernel_.write("ports/1/addr_adrfam", "ipv4"));
    ASSERT_TRUE(kernel_.write("ports/1/addr_traddr", "192.168.1.32"));
    ASSERT_TRUE(kernel_.write("ports/1/addr_trsvcid", "4420"));
    ASSERT_TRUE(kernel_.symlink("subsystems/toto", "ports/1/subsystems/toto"));
  }

  std::vector<Client> clients(const std::string& subsystem) {
    return sessions_.clients(kernel_.target(), subsystem).value();
  }

  void lose_rdma() {
    kernel_.edit_machine([](SimMachine& machine) { machine.addresses["192.168.1.32"].clear(); });
  }
  void regain_rdma() {
    kernel_.edit_machine([](SimMachine& machine) { machine.addresses["192.168.1.32"] = "mlx5_0"; });
  }

  const TransportAddress address_{Trtype::rdma, Adrfam::ipv4, "192.168.1.32", 4420};
  SimKernel kernel_{SimMachine::example()};
  SimSessions sessions_{kernel_};
};

TEST_F(SimSessionsTest, KnowNobodyAtFirst) {
  EXPECT_TRUE(clients("toto").empty());
}

TEST_F(SimSessionsTest, KnowWhoIsConnectedAndFromWhere) {
  ASSERT_TRUE(kernel_.connect("nqn.host", "toto", address_, "192.168.1.50"));
  const auto found = clients("toto");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].host_nqn, "nqn.host");
  EXPECT_EQ(found[0].peer, "192.168.1.50");
  EXPECT_EQ(found[0].address, address_);
  EXPECT_EQ(found[0].certainty, Certainty::sure);
  EXPECT_TRUE(clients("titi").empty());
}

TEST_F(SimSessionsTest, ForgetAHostThatLeft) {
  ASSERT_TRUE(kernel_.connect("nqn.host", "toto", address_));
  ASSERT_TRUE(kernel_.disconnect("nqn.host", "toto"));
  EXPECT_TRUE(clients("toto").empty());
  EXPECT_EQ(kernel_.disconnect("nqn.host", "toto").error(), ENOENT);
}

TEST_F(SimSessionsTest, KnowWhatIsListenedOn) {
  EXPECT_TRUE(sessions_.listening(address_).value());
  TransportAddress other = address_;
  other.trsvcid = 4421;
  EXPECT_FALSE(sessions_.listening(other).value());
  ASSERT_TRUE(kernel_.unlink("ports/1/subsystems/toto"));
  EXPECT_FALSE(sessions_.listening(address_).value());
}

TEST_F(SimSessionsTest, LoseAListenerWithItsRdmaDeviceThoughConfigfsLooksTheSame) {
  ASSERT_TRUE(kernel_.connect("nqn.host", "toto", address_));
  const Target before = kernel_.target();
  lose_rdma();
  EXPECT_FALSE(sessions_.listening(address_).value());
  EXPECT_TRUE(clients("toto").empty());
  EXPECT_EQ(kernel_.target(), before);
}

TEST_F(SimSessionsTest, RegainALostListenerByANewLinkOnly) {
  lose_rdma();
  regain_rdma();
  EXPECT_FALSE(sessions_.listening(address_).value());
  ASSERT_TRUE(kernel_.unlink("ports/1/subsystems/toto"));
  ASSERT_TRUE(kernel_.symlink("subsystems/toto", "ports/1/subsystems/toto"));
  EXPECT_TRUE(sessions_.listening(address_).value());
}

TEST_F(SimSessionsTest, KeepAListenerWhoseAddressAloneIsGone) {
  kernel_.edit_machine([](SimMachine& machine) { machine.addresses.erase("192.168.1.32"); });
  EXPECT_TRUE(sessions_.listening(address_).value());
  ASSERT_TRUE(kernel_.unlink("ports/1/subsystems/toto"));
  EXPECT_EQ(kernel_.symlink("subsystems/toto", "ports/1/subsystems/toto").error(), EADDRNOTAVAIL);
}

TEST_F(SimSessionsTest, MakeNoChangeOfTheTree) {
  SimBackend backend(kernel_);
  const Target before = backend.observe().value();
  ASSERT_TRUE(kernel_.connect("nqn.host", "toto", address_));
  EXPECT_EQ(backend.observe().value(), before);
}

}  // namespace
}  // namespace nvmeofs
