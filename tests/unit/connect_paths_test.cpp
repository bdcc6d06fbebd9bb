// What is written to a connection that is up: its addresses and options.
#include "connect_fixture.h"

namespace nvmeofs {
namespace {

class ConnectPathsTest : public ConnectTest {};

TEST_F(ConnectPathsTest, AddedAddressIsConnected) {
  bring_up("array", "tcp://10.0.0.1");
  ASSERT_EQ(address("array", "tcp://10.0.0.2", true), 0) << last_.message;
  EXPECT_EQ(controllers().size(), 2U);
  EXPECT_EQ(state("array"), ConnectionState::connected);
}

TEST_F(ConnectPathsTest, AddedAddressThatRefusesIsRefused) {
  bring_up("array", "tcp://10.0.0.1");
  EXPECT_EQ(address("array", "tcp://10.0.0.9", true), ECONNREFUSED);
  EXPECT_THAT(view("array").wanted.addresses, ElementsAre(at("10.0.0.1")));
  EXPECT_THAT(store_.stored().at("array").wanted.addresses, ElementsAre(at("10.0.0.1")));
  EXPECT_EQ(state("array"), ConnectionState::connected);
}

TEST_F(ConnectPathsTest, RemovedAddressIsDisconnected) {
  bring_up("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  initiator_.use("nvme0n1", "mounted on /srv");
  ASSERT_EQ(address("array", "tcp://10.0.0.2"), 0) << last_.message;
  EXPECT_EQ(controller_at("10.0.0.1"), "");
  EXPECT_EQ(controllers().size(), 1U);
  EXPECT_EQ(state("array"), ConnectionState::connected);
}

TEST_F(ConnectPathsTest, LastLivePathOfAUsedDiskStays) {
  bring_up("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  initiator_.use("nvme0n1", "mounted on /srv");
  initiator_.set_state(controller_at("10.0.0.2"), ControllerState::connecting);
  EXPECT_EQ(address("array", "tcp://10.0.0.2"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::disk_in_use);
  EXPECT_EQ(controllers().size(), 2U);
  EXPECT_EQ(view("array").wanted.addresses.size(), 2U);
}

TEST_F(ConnectPathsTest, AddressIsReplacedUnderAUsedDisk) {
  bring_up("array", "tcp://10.0.0.1");
  initiator_.use("nvme0n1", "mounted on /srv");
  ASSERT_EQ(address("array", "tcp://10.0.0.2"), 0) << last_.message;
  EXPECT_EQ(controllers().size(), 1U);
  EXPECT_NE(controller_at("10.0.0.2"), "");
}

TEST_F(ConnectPathsTest, AddedPathGoesAgainWhenTheOldOneCannot) {
  bring_up("array", "tcp://10.0.0.1");
  initiator_.use("nvme0n1", "mounted on /srv");
  const auto name = controller_at("10.0.0.1");
  // The new path leads to the disk, and cannot serve it.
  initiator_.set_ana("nvme1", "inaccessible");
  EXPECT_EQ(address("array", "tcp://10.0.0.2"), EBUSY);
  EXPECT_EQ(controllers().size(), 1U);
  EXPECT_EQ(controller_at("10.0.0.1"), name);
  EXPECT_THAT(store_.stored().at("array").wanted.addresses, ElementsAre(at("10.0.0.1")));
}

TEST_F(ConnectPathsTest, AddressCannotBeCleared) {
  bring_up("array", "tcp://10.0.0.1");
  EXPECT_EQ(ask("array", "address", SetPaths{}), EBUSY);
  EXPECT_EQ(last_.reason, Reason::still_connected);
}

TEST_F(ConnectPathsTest, SameAddressesAreNothingToDo) {
  bring_up("array", "tcp://10.0.0.1");
  const auto attempts = initiator_.attempts();
  EXPECT_EQ(address("array", "tcp://10.0.0.1"), 0);
  EXPECT_EQ(initiator_.attempts(), attempts);
}

TEST_F(ConnectPathsTest, SubsystemCannotChange) {
  bring_up("array", "tcp://10.0.0.1");
  EXPECT_EQ(nqn("array", "other"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::still_connected);
  EXPECT_EQ(nqn("array", "array"), 0);
}

TEST_F(ConnectPathsTest, LiveOptionIsSetAtOnceOnEveryPath) {
  bring_up("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  ASSERT_EQ(option("array", "ctrl_loss_tmo", "-1"), 0) << last_.message;
  for (const auto& [name, controller] : controllers())
    EXPECT_EQ(controller.settings.at("ctrl_loss_tmo"), "-1");
  EXPECT_EQ(store_.stored().at("array").wanted.options.at("ctrl_loss_tmo"), "-1");
}

TEST_F(ConnectPathsTest, LiveOptionThatTheKernelRefusesStaysAsItWas) {
  bring_up("array", "tcp://10.0.0.1");
  initiator_.refuse_settings(EINVAL);
  EXPECT_EQ(option("array", "ctrl_loss_tmo", "5"), EINVAL);
  EXPECT_THAT(view("array").wanted.options, IsEmpty());
  EXPECT_THAT(store_.stored().at("array").wanted.options, IsEmpty());
}

TEST_F(ConnectPathsTest, OtherOptionsWaitForTheNextConnect) {
  bring_up("array", "tcp://10.0.0.1");
  EXPECT_EQ(option("array", "queue_size", "64"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::still_connected);
  ASSERT_EQ(disconnect("array"), 0);
  ASSERT_EQ(option("array", "queue_size", "64"), 0);
  ASSERT_EQ(connect("array"), 0);
  EXPECT_EQ(initiator_.last_request()->options.at("queue_size"), "64");
}

TEST_F(ConnectPathsTest, PathThatCannotBeTakenBackIsNoReasonToHang) {
  bring_up("array", "tcp://10.0.0.1");
  initiator_.use("nvme0n1", "mounted on /srv");
  initiator_.set_ana("nvme1", "inaccessible");
  initiator_.refuse_disconnects(EIO);
  EXPECT_EQ(address("array", "tcp://10.0.0.2"), EBUSY);
  EXPECT_TRUE(status("array").paths.at(1).foreign);
  initiator_.refuse_disconnects(0);
  initiator_.use("nvme0n1", "");
  EXPECT_EQ(disconnect("array"), 0);
  EXPECT_EQ(remove("array"), 0);
}

TEST_F(ConnectPathsTest, ChangesAreDoneInTheirOrder) {
  draft("array", "tcp://10.0.0.1");
  auto first = begin_connect("array");
  auto second = submit("array", "address", SetPaths{{at("10.0.0.2")}, true});
  auto third = submit("array", "options/ctrl_loss_tmo", SetOption{"ctrl_loss_tmo", "7"});
  EXPECT_EQ(answer(std::move(third)), 0);
  EXPECT_EQ(answer(std::move(first)), 0);
  EXPECT_EQ(answer(std::move(second)), 0);
  ASSERT_EQ(controllers().size(), 2U);
  for (const auto& [name, controller] : controllers())
    EXPECT_EQ(controller.settings.at("ctrl_loss_tmo"), "7");
}

}  // namespace
}  // namespace nvmeofs
