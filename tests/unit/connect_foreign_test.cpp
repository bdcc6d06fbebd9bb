// Connections that something else made.
#include "connect_fixture.h"

namespace nvmeofs {
namespace {

class ConnectForeignTest : public ConnectTest {
 protected:
  std::string appear() {
    auto controller = initiator_.connect_as_other("array", at("10.0.0.1"));
    EXPECT_TRUE(wait_until([&] { return is_there("array"); }));
    return controller;
  }
};

TEST_F(ConnectForeignTest, ComesAndGoesWithTheKernel) {
  const auto controller = appear();
  EXPECT_EQ(state("array"), ConnectionState::foreign);
  EXPECT_THAT(devices("array"), ElementsAre("/dev/nvme0n1", "/dev/nvme0n2"));
  EXPECT_THAT(view("array").wanted.addresses, ElementsAre(at("10.0.0.1")));
  EXPECT_TRUE(store_.stored().empty());
  initiator_.lose(controller);
  EXPECT_TRUE(wait_until([&] { return !is_there("array"); }));
}

TEST_F(ConnectForeignTest, DiscoveryControllerIsNoConnection) {
  initiator_.connect_as_other(std::string(Nqn::discovery), at("10.0.0.1"), true);
  appear();
  EXPECT_EQ(connections_->snapshot()->connections.size(), 1U);
}

TEST_F(ConnectForeignTest, CannotBeRemovedOrChanged) {
  appear();
  EXPECT_EQ(remove("array"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
  EXPECT_EQ(address("array", "tcp://10.0.0.2", true), EBUSY);
  EXPECT_EQ(make("array"), EEXIST);
  EXPECT_EQ(controllers().size(), 1U);
}

TEST_F(ConnectForeignTest, OneAdoptsIt) {
  const auto controller = appear();
  ASSERT_EQ(connect("array"), 0) << last_.message;
  EXPECT_EQ(state("array"), ConnectionState::connected);
  EXPECT_TRUE(store_.stored().at("array").wanted.connected);
  EXPECT_EQ(initiator_.attempts(), 0U);
  EXPECT_TRUE(wait_until([&] { return initiator_.marked().contains(controller); }));
}

TEST_F(ConnectForeignTest, ZeroAdoptsAndEndsIt) {
  appear();
  initiator_.use("nvme0n1", "mounted on /srv");
  EXPECT_EQ(disconnect("array"), EBUSY);
  EXPECT_EQ(state("array"), ConnectionState::foreign);
  EXPECT_TRUE(store_.stored().empty());
  initiator_.use("nvme0n1", "");
  ASSERT_EQ(disconnect("array"), 0) << last_.message;
  EXPECT_EQ(state("array"), ConnectionState::disconnected);
  EXPECT_THAT(controllers(), IsEmpty());
  EXPECT_TRUE(store_.stored().contains("array"));
  EXPECT_EQ(remove("array"), 0);
}

TEST_F(ConnectForeignTest, PathOfOursByAnotherIsShownAsForeign) {
  bring_up("array", "tcp://10.0.0.1");
  initiator_.connect_as_other("array", at("10.0.0.2"));
  ASSERT_TRUE(wait_until([&] { return status("array").paths.size() == 2; }));
  EXPECT_TRUE(status("array").paths[1].foreign);
  EXPECT_EQ(state("array"), ConnectionState::connected);
}

TEST_F(ConnectForeignTest, RestartDoesNotTakeItOver) {
  appear();
  start();
  EXPECT_EQ(state("array"), ConnectionState::foreign);
}

TEST_F(ConnectForeignTest, AppearsAgainWhenTheDraftOfItsNameIsRemoved) {
  draft("array", "tcp://10.0.0.2");
  initiator_.connect_as_other("array", at("10.0.0.1"));
  ASSERT_TRUE(wait_until([&] { return status("array").paths.size() == 1; }));
  EXPECT_EQ(state("array"), ConnectionState::disconnected);
  ASSERT_EQ(remove("array"), 0);
  EXPECT_EQ(state("array"), ConnectionState::foreign);
}

TEST_F(ConnectForeignTest, IsGoneAfterItLeftDuringARefusedChange) {
  const auto controller = appear();
  initiator_.set_state(controller, ControllerState::connecting);
  auto adopting = begin_connect("array");
  ASSERT_TRUE(wait_until([&] { return store_.stored().contains("array"); }));
  initiator_.lose(controller);
  EXPECT_EQ(answer(std::move(adopting)), EIO);
  EXPECT_TRUE(wait_until([&] { return !is_there("array"); }));
  EXPECT_TRUE(store_.stored().empty());
}

TEST_F(ConnectForeignTest, OneThatIsFasterThanUsIsAdopted) {
  silence("10.0.0.1");
  draft("array", "tcp://10.0.0.1");
  auto connecting = begin_connect("array");
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  const auto controller = initiator_.connect_as_other("array", at("10.0.0.1"));
  edit([](SimFabric& fabric) { fabric.silent.clear(); });
  EXPECT_EQ(answer(std::move(connecting)), 0) << last_.message;
  EXPECT_EQ(controllers().size(), 1U);
  EXPECT_TRUE(wait_until([&] { return initiator_.marked().contains(controller); }));
}

}  // namespace
}  // namespace nvmeofs
