// connected = 0.
#include "connect_fixture.h"

namespace nvmeofs {
namespace {

class ConnectEndTest : public ConnectTest {};

TEST_F(ConnectEndTest, EndsWhenItsControllersAreGone) {
  bring_up("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  ASSERT_EQ(disconnect("array"), 0) << last_.message;
  EXPECT_THAT(controllers(), IsEmpty());
  EXPECT_EQ(state("array"), ConnectionState::disconnected);
  EXPECT_FALSE(store_.stored().at("array").wanted.connected);
  EXPECT_THAT(devices("array"), IsEmpty());
  EXPECT_EQ(remove("array"), 0);
}

TEST_F(ConnectEndTest, OfADraftIsNothingToDo) {
  draft("array", "tcp://10.0.0.1");
  EXPECT_EQ(disconnect("array"), 0);
}

TEST_F(ConnectEndTest, IsRefusedWhileADiskIsUsed) {
  bring_up("array", "tcp://10.0.0.1");
  initiator_.use("nvme0n2", "mounted on /srv");
  EXPECT_EQ(disconnect("array"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::disk_in_use);
  EXPECT_THAT(last_.message, HasSubstr("/dev/nvme0n2 is mounted on /srv"));
  EXPECT_EQ(state("array"), ConnectionState::connected);
  EXPECT_TRUE(store_.stored().at("array").wanted.connected);
  initiator_.use("nvme0n2", "");
  EXPECT_EQ(disconnect("array"), 0);
}

TEST_F(ConnectEndTest, IsForced) {
  bring_up("array", "tcp://10.0.0.1");
  initiator_.use("nvme0n1", "mounted on /srv");
  EXPECT_EQ(disconnect("array", true), 0);
  EXPECT_THAT(controllers(), IsEmpty());
}

TEST_F(ConnectEndTest, MayTakeAUsedDiskThatSomebodyElsesPathKeeps) {
  bring_up("array", "tcp://10.0.0.1");
  const auto theirs = initiator_.connect_as_other("array", at("10.0.0.2"));
  initiator_.use("nvme0n1", "mounted on /srv");
  ASSERT_EQ(disconnect("array"), 0) << last_.message;
  EXPECT_EQ(controllers().size(), 1U);
  EXPECT_TRUE(controllers().contains(theirs));
}

TEST_F(ConnectEndTest, RefusedByTheKernelStaysConnected) {
  bring_up("array", "tcp://10.0.0.1");
  initiator_.refuse_disconnects(EROFS);
  EXPECT_EQ(disconnect("array"), EROFS);
  EXPECT_THAT(last_.message, HasSubstr("the kernel keeps it"));
  EXPECT_TRUE(store_.stored().at("array").wanted.connected);
  initiator_.refuse_disconnects(0);
  EXPECT_EQ(disconnect("array"), 0) << last_.message;
}

TEST_F(ConnectEndTest, WhatCannotBeSavedIsNotEnded) {
  bring_up("array", "tcp://10.0.0.1");
  store_.fail_with(EIO);
  EXPECT_EQ(disconnect("array"), EIO);
  EXPECT_EQ(controllers().size(), 1U);
  EXPECT_EQ(state("array"), ConnectionState::connected);
}

TEST_F(ConnectEndTest, WaitsForAConnectThatIsUnderWay) {
  silence("10.0.0.1");
  draft("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  auto connecting = begin_connect("array");
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  auto ending = submit("array", "connected", SetConnected{false, false});
  initiator_.let_go();
  EXPECT_EQ(answer(std::move(connecting)), 0);
  EXPECT_EQ(answer(std::move(ending)), 0);
  EXPECT_THAT(controllers(), IsEmpty());
}

TEST_F(ConnectEndTest, TakesAwayWhatAnAttemptBringsMeanwhile) {
  unplug("10.0.0.1");
  bring_up("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  silence("10.0.0.1");
  plug_in("array", "10.0.0.1");
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  auto ending = submit("array", "connected", SetConnected{false, false});
  ASSERT_TRUE(wait_until([&] { return controllers().empty(); }));
  EXPECT_EQ(ending.wait_for(milliseconds(0)), std::future_status::timeout);
  edit([](SimFabric& fabric) { fabric.silent.clear(); });
  EXPECT_EQ(answer(std::move(ending)), 0);
  EXPECT_THAT(controllers(), IsEmpty());
  EXPECT_EQ(remove("array"), 0);
}

TEST_F(ConnectEndTest, IsAnsweredWhenTheKernelTakesItsTime) {
  class Slow : public SimInitiator {
   public:
    using SimInitiator::SimInitiator;
    Result<void> disconnect(const std::string& controller) override {
      released.get_future().wait();
      return SimInitiator::disconnect(controller);
    }
    std::promise<void> released;
  };
  Slow slow(small_fabric());
  connections_ = std::make_unique<Connections>(
      ConnectionsEnvironment{slow, store_},
      ConnectionsOptions{.disk_patience = milliseconds(10), .leave_patience = milliseconds(10)});
  ASSERT_TRUE(connections_->start());
  bring_up("array", "tcp://10.0.0.1");
  EXPECT_EQ(disconnect("array"), ETIMEDOUT);
  EXPECT_EQ(last_.reason, Reason::kernel_waits);
  EXPECT_FALSE(view("array").wanted.connected);
  EXPECT_EQ(remove("array"), EBUSY);
  slow.released.set_value();
  EXPECT_TRUE(wait_until([&] { return remove("array") == 0; }));
  EXPECT_THAT(slow.observe()->controllers, IsEmpty());
  connections_.reset();
}

TEST_F(ConnectEndTest, IsOverWhenTheControllerIsGoneAndNotWhenTheCallIs) {
  class Lingering : public SimInitiator {
   public:
    using SimInitiator::SimInitiator;
    Result<void> disconnect(const std::string& controller) override {
      auto result = SimInitiator::disconnect(controller);
      released.get_future().wait();
      return result;
    }
    std::promise<void> released;
  };
  Lingering lingering(small_fabric());
  connections_ =
      std::make_unique<Connections>(ConnectionsEnvironment{lingering, store_},
                                    ConnectionsOptions{.disk_patience = milliseconds(10)});
  ASSERT_TRUE(connections_->start());
  bring_up("array", "tcp://10.0.0.1");
  EXPECT_EQ(disconnect("array"), 0);
  EXPECT_EQ(remove("array"), 0) << last_.message;
  lingering.released.set_value();
  connections_.reset();
}

}  // namespace
}  // namespace nvmeofs
