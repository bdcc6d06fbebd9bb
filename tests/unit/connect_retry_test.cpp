// What comes up by itself: at the start, and when a target comes back.
#include "connect_fixture.h"

namespace nvmeofs {
namespace {

class ConnectRetryTest : public ConnectTest {
 protected:
  // Connected in the store, and nothing of it in the kernel.
  void bring_up_and_boot(const std::string& name, const char* addresses) {
    bring_up(name, addresses);
    connections_.reset();
    for (const auto& [controller, seen] : controllers()) initiator_.lose(controller);
  }
};

TEST_F(ConnectRetryTest, WantedConnectionComesUpAtTheStart) {
  bring_up_and_boot("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  start();
  EXPECT_TRUE(becomes("array", ConnectionState::connected));
}

TEST_F(ConnectRetryTest, RestartFindsWhatIsConnected) {
  bring_up("array", "tcp://10.0.0.1");
  const auto attempts = initiator_.attempts();
  start();
  EXPECT_EQ(state("array"), ConnectionState::connected);
  EXPECT_EQ(make("next"), 0);  // it has had its first look by then
  EXPECT_EQ(initiator_.attempts(), attempts);
}

TEST_F(ConnectRetryTest, DraftStaysADraft) {
  draft("array", "tcp://10.0.0.1");
  start();
  EXPECT_EQ(make("next"), 0);
  EXPECT_EQ(initiator_.attempts(), 0U);
}

TEST_F(ConnectRetryTest, WaitsForATargetThatIsNotThere) {
  bring_up_and_boot("array", "tcp://10.0.0.1");
  unplug("10.0.0.1");
  start();
  ASSERT_TRUE(wait_until([&] { return initiator_.attempts_at(at("10.0.0.1")) >= 5; }));
  EXPECT_EQ(state("array"), ConnectionState::connecting);
  EXPECT_TRUE(wait_until([&] {
    const auto trouble = status("array").paths.at(0).trouble;
    return trouble.starts_with("nobody listens there; tried again at 2");
  }));
  plug_in("array", "10.0.0.1");
  EXPECT_TRUE(becomes("array", ConnectionState::connected));
  EXPECT_EQ(status("array").paths.at(0).trouble, "");
}

TEST_F(ConnectRetryTest, PausesGrow) {
  bring_up_and_boot("array", "tcp://10.0.0.1");
  unplug("10.0.0.1");
  options_.first_pause = milliseconds(20);
  options_.longest_pause = milliseconds(60000);
  start();
  ASSERT_TRUE(wait_until([&] { return initiator_.attempts_at(at("10.0.0.1")) >= 5; }));
  const auto times = initiator_.times_at(at("10.0.0.1"));
  // The first is the one of bring_up(); a loaded machine makes pauses longer, never shorter.
  EXPECT_GE(times[2] - times[1], milliseconds(16));
  EXPECT_GE(times[3] - times[2], milliseconds(32));
  EXPECT_GE(times[4] - times[3], milliseconds(64));
}

TEST_F(ConnectRetryTest, LostPathIsBroughtBack) {
  bring_up("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  const auto first = controller_at("10.0.0.1");
  initiator_.lose(first);
  EXPECT_TRUE(wait_until([&] { return controller_at("10.0.0.1") != ""; }));
  EXPECT_TRUE(becomes("array", ConnectionState::connected));
  EXPECT_NE(controller_at("10.0.0.1"), first);
}

TEST_F(ConnectRetryTest, ControllerThatTheKernelBringsBackIsLeftToIt) {
  bring_up("array", "tcp://10.0.0.1");
  const auto controller = controller_at("10.0.0.1");
  const auto attempts = initiator_.attempts();
  initiator_.set_state(controller, ControllerState::connecting);
  ASSERT_TRUE(becomes("array", ConnectionState::connecting));
  EXPECT_THAT(devices("array"), IsEmpty());
  initiator_.set_state(controller, ControllerState::live);
  ASSERT_TRUE(becomes("array", ConnectionState::connected));
  EXPECT_EQ(initiator_.attempts(), attempts);
}

TEST_F(ConnectRetryTest, PathsAreTriedEachByItself) {
  bring_up_and_boot("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  silence("10.0.0.1");
  start();
  EXPECT_TRUE(becomes("array", ConnectionState::degraded));
  EXPECT_EQ(status("array").paths.at(0).trouble, "being tried");
  initiator_.let_go();
}

TEST_F(ConnectRetryTest, NothingIsTriedWhileNothingIsMissing) {
  bring_up("array", "tcp://10.0.0.1");
  const auto generation = connections_->snapshot()->generation;
  initiator_.use("nvme0n1", "somebody");
  EXPECT_EQ(make("next"), 0);
  EXPECT_EQ(connections_->snapshot()->generation, generation + 1);
}

TEST_F(ConnectRetryTest, DisconnectedIsTriedNoMore) {
  unplug("10.0.0.2");
  bring_up("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  ASSERT_TRUE(wait_until([&] { return initiator_.attempts_at(at("10.0.0.2")) >= 2; }));
  ASSERT_EQ(disconnect("array"), 0);
  const auto attempts = initiator_.attempts();
  plug_in("array", "10.0.0.2");
  EXPECT_EQ(make("next"), 0);
  EXPECT_EQ(initiator_.attempts(), attempts);
  EXPECT_THAT(status("array").paths, IsEmpty());
}

}  // namespace
}  // namespace nvmeofs
