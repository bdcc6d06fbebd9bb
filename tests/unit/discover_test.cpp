// discovery/: asking, connecting what is listed, and following.
#include "discover_fixture.h"

namespace nvmeofs {
namespace {

using testing::SizeIs;
using testing::StartsWith;

TEST_F(DiscoverTest, AsksNobodyByItself) {
  ASSERT_EQ(make_discovery(hub), 0);
  EXPECT_EQ(discovery().reachability, Reachability::unknown);
  EXPECT_EQ(initiator_.attempts(), 0U);
}

TEST_F(DiscoverTest, FetchesWhatIsListedAndLeavesNothing) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(fetch(), 0) << last_.message;
  EXPECT_EQ(discovery().reachability, Reachability::reachable);
  EXPECT_THAT(discovery().log->entries, SizeIs(3));
  EXPECT_THAT(controllers(), IsEmpty());
}

TEST_F(DiscoverTest, FetchesAnewEachTime) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(fetch(), 0);
  add_target("third", "10.0.0.4");
  ASSERT_EQ(fetch(), 0);
  EXPECT_THAT(discovery().log->entries, SizeIs(4));
}

TEST_F(DiscoverTest, SaysWhyItIsNotReached) {
  ASSERT_EQ(make_discovery("tcp:10.0.0.8"), 0);
  auto promise = std::make_shared<std::promise<Result<void>>>();
  discoveries_->fetch(serial("tcp:10.0.0.8"),
                      [promise](Result<void> result) { promise->set_value(std::move(result)); });
  EXPECT_EQ(answer(promise->get_future()), ECONNREFUSED);
  const auto view = discoveries_->snapshot()->discoveries.at("tcp:10.0.0.8");
  EXPECT_EQ(view.reachability, Reachability::unreachable);
  EXPECT_EQ(view.unreached->errnum, ECONNREFUSED);
  EXPECT_EQ(discoveries_->snapshot()->log.back().what, "fetch discovery/tcp:10.0.0.8");
}

TEST_F(DiscoverTest, EndsItsControllerWhenTheLogCannotBeRead) {
  ASSERT_EQ(make_discovery(hub), 0);
  initiator_.refuse_logs(EPROTO);
  EXPECT_EQ(fetch(), EPROTO);
  EXPECT_EQ(persistent(), EPROTO);
  EXPECT_THAT(controllers(), IsEmpty());
  EXPECT_FALSE(discovery().wanted.persistent);
}

TEST_F(DiscoverTest, ThoseWhoAskAtTheSameTimeShareOneFetch) {
  ASSERT_EQ(make_discovery(hub), 0);
  edit([](SimFabric& fabric) { fabric.silent.insert(at("tcp://10.0.0.9:8009")); });
  auto first = begin_fetch();
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  std::vector<std::future<Result<void>>> others;
  for (int i = 0; i < 10; ++i) others.push_back(begin_fetch());
  ASSERT_EQ(make_discovery("tcp:10.0.0.8"), 0);  // they are taken in by then
  edit([](SimFabric& fabric) { fabric.silent.clear(); });
  EXPECT_EQ(answer(std::move(first)), 0);
  for (auto& other : others) EXPECT_EQ(answer(std::move(other)), 0);
  EXPECT_EQ(initiator_.attempts(), 1U);
}

TEST_F(DiscoverTest, SilentControllerHoldsUpNobodyElse) {
  edit([](SimFabric& fabric) { fabric.silent.insert(at("tcp://10.0.0.8:8009")); });
  ASSERT_EQ(make_discovery("tcp:10.0.0.8"), 0);
  ASSERT_EQ(make_discovery(hub), 0);
  auto promise = std::make_shared<std::promise<Result<void>>>();
  discoveries_->fetch(serial("tcp:10.0.0.8"),
                      [promise](Result<void> result) { promise->set_value(std::move(result)); });
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  EXPECT_EQ(fetch(), 0);
  initiator_.let_go();
  EXPECT_EQ(answer(promise->get_future()), ETIMEDOUT);
}

TEST_F(DiscoverTest, UsesAControllerThatIsThereAndLeavesIt) {
  ASSERT_EQ(make_discovery(hub), 0);
  const auto theirs =
      initiator_.connect_as_other(std::string(Nqn::discovery), at("tcp://10.0.0.9:8009"), true);
  ASSERT_EQ(fetch(), 0);
  ASSERT_EQ(persistent(), 0);
  ASSERT_EQ(remove_discovery(hub), 0);
  EXPECT_EQ(initiator_.attempts(), 0U);
  EXPECT_THAT(discovery_controllers(), ElementsAre(theirs));
}

TEST_F(DiscoverTest, TwoNamesOfOneAddressAreRefused) {
  ASSERT_EQ(make_discovery(hub), 0);
  EXPECT_EQ(make_discovery(hub), EEXIST);
  EXPECT_EQ(make_discovery("tcp:10.0.0.9:8009"), EEXIST);
  EXPECT_EQ(make_discovery("tcp:10.0.0.9:4420"), 0);
}

TEST_F(DiscoverTest, IsStaleWhenItIsRemoved) {
  ASSERT_EQ(make_discovery(hub), 0);
  const auto before = serial(hub);
  ASSERT_EQ(remove_discovery(hub), 0);
  EXPECT_EQ(remove_discovery(hub), ENOENT);
  auto promise = std::make_shared<std::promise<Result<void>>>();
  discoveries_->fetch(before,
                      [promise](Result<void> result) { promise->set_value(std::move(result)); });
  EXPECT_EQ(answer(promise->get_future()), ESTALE);
  EXPECT_THAT(discovery_store_.stored(), IsEmpty());
}

TEST_F(DiscoverTest, WhatCannotBeSavedIsNotMade) {
  discovery_store_.fail_with(EROFS);
  EXPECT_EQ(make_discovery(hub), EROFS);
  EXPECT_THAT(discoveries_->snapshot()->discoveries, IsEmpty());
}

TEST_F(DiscoverTest, ConnectsAllThatIsListed) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(connect_all(), 0) << last_.message;
  EXPECT_TRUE(is_connected("array"));
  EXPECT_TRUE(is_connected("other"));
  EXPECT_EQ(status("array").paths.size(), 2U);
  EXPECT_TRUE(discovery_store_.stored().at(hub).wanted.connect_all);
  EXPECT_THAT(discovery_controllers(), IsEmpty());
  EXPECT_THAT(discovery().log->entries, testing::Each(testing::ResultOf(
                                            [&](const DiscoveryEntry& entry) {
                                              return connected_state(entry,
                                                                     *connections_->snapshot());
                                            },
                                            "connected")));
}

TEST_F(DiscoverTest, LeavesAloneWhatIsConnectedAndAddsAPathToIt) {
  bring_up("array", "tcp://10.0.0.1");
  const auto before = controller_at("10.0.0.1");
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(connect_all(), 0) << last_.message;
  EXPECT_EQ(controller_at("10.0.0.1"), before);
  EXPECT_EQ(status("array").paths.size(), 2U);
  ASSERT_EQ(connect_all(), 0);
  EXPECT_EQ(discoveries_->snapshot()->log.back().text, "nothing is left to connect");
}

TEST_F(DiscoverTest, LeavesAloneWhatOthersHaveConnected) {
  const auto theirs = initiator_.connect_as_other("array", at("10.0.0.1"));
  ASSERT_TRUE(becomes("array", ConnectionState::foreign));
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(connect_all(), 0);
  EXPECT_EQ(state("array"), ConnectionState::foreign);
  EXPECT_TRUE(is_connected("other"));
}

TEST_F(DiscoverTest, KnowsAConnectionByItsSubsystem) {
  ASSERT_EQ(make("mine"), 0);
  ASSERT_EQ(nqn("mine", "array"), 0);
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(connect_all(), 0) << last_.message;
  EXPECT_TRUE(is_connected("mine"));
  EXPECT_FALSE(is_there("array"));
}

TEST_F(DiscoverTest, ConnectsTheRestWhenOneIsRefusedAndNamesIt) {
  edit([](SimFabric& fabric) {
    fabric.targets.at("array").addresses = {at("tcp://10.0.0.7")};
    fabric.silent.insert(at("tcp://10.0.0.7"));
  });
  ASSERT_EQ(make_discovery(hub), 0);
  auto all = begin_connect_all();
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  initiator_.let_go();
  EXPECT_EQ(answer(std::move(all)), ETIMEDOUT);
  EXPECT_THAT(last_.message, StartsWith("1 of 2 could not be connected: array: "));
  EXPECT_TRUE(is_connected("other"));
  EXPECT_TRUE(wait_until([&] { return !is_there("array"); }));
  EXPECT_FALSE(discovery().wanted.connect_all);
  EXPECT_EQ(discovery().refused->errnum, ETIMEDOUT);
}

TEST_F(DiscoverTest, ConnectsHundredSubsystems) {
  edit([](SimFabric& fabric) {
    for (int i = 1; i <= 100; ++i)
      fabric.targets[fmt::format("many{}", i)] = {
          .addresses = {at(fmt::format("10.1.0.{}", i).c_str())}, .namespaces = {1}};
  });
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(connect_all(), 0) << last_.message;
  EXPECT_EQ(controllers().size(), 103U);
  EXPECT_EQ(discoveries_->snapshot()->log.back().text, "102 connected");
}

TEST_F(DiscoverTest, ThatCannotBeReachedConnectsNothing) {
  edit([](SimFabric& fabric) { fabric.discovery.clear(); });
  ASSERT_EQ(make_discovery(hub), 0);
  EXPECT_EQ(connect_all(), ECONNREFUSED);
  EXPECT_THAT(connections_->snapshot()->connections, IsEmpty());
}

TEST_F(DiscoverTest, GoesNoFurtherAfterZeroAndConnectionsStay) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(connect_all(), 0);
  ASSERT_EQ(connect_all(false), 0);
  ASSERT_EQ(remove_discovery(hub), 0);
  EXPECT_TRUE(is_connected("array"));
}

TEST_F(DiscoverTest, KeepsAControllerUntilItIsToldNotTo) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(persistent(), 0) << last_.message;
  EXPECT_THAT(discovery_controllers(), ElementsAre(discovery().controller));
  EXPECT_EQ(initiator_.last_request()->options.at("keep_alive_tmo"), "30");
  ASSERT_EQ(fetch(), 0);
  EXPECT_EQ(initiator_.attempts(), 1U);
  ASSERT_EQ(persistent(false), 0);
  EXPECT_THAT(discovery_controllers(), IsEmpty());
  EXPECT_FALSE(discovery_store_.stored().at(hub).wanted.persistent);
}

TEST_F(DiscoverTest, EndsItsControllerWithRmdir) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(persistent(), 0);
  initiator_.refuse_disconnects(EIO);
  EXPECT_EQ(remove_discovery(hub), EIO);
  EXPECT_TRUE(discovery().wanted.persistent);
  initiator_.refuse_disconnects(0);
  EXPECT_EQ(remove_discovery(hub), 0);
  EXPECT_THAT(controllers(), IsEmpty());
}

TEST_F(DiscoverTest, FollowsChanges) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(persistent(), 0);
  add_target("third", "10.0.0.4");
  EXPECT_TRUE(wait_until([&] { return discovery().log->entries.size() == 4; }));
  EXPECT_FALSE(is_there("third"));
  ASSERT_EQ(connect_all(), 0);
  add_target("fourth", "10.0.0.5");
  EXPECT_TRUE(wait_until([&] { return is_connected("fourth"); }));
  plug_in("third", "10.0.0.6");
  EXPECT_TRUE(wait_until([&] { return status("third").paths.size() == 2; }));
}

TEST_F(DiscoverTest, FollowsWithoutWhatItsUserDisconnected) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(connect_all(), 0);
  ASSERT_EQ(persistent(), 0);
  ASSERT_EQ(disconnect("array"), 0);
  add_target("third", "10.0.0.4");
  ASSERT_TRUE(wait_until([&] { return is_connected("third"); }));
  EXPECT_EQ(state("array"), ConnectionState::disconnected);
}

TEST_F(DiscoverTest, TriesAgainWhatCouldNotBeConnected) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(connect_all(), 0);
  ASSERT_EQ(persistent(), 0);
  edit([](SimFabric& fabric) {
    fabric.targets["third"] = {.addresses = {at("10.0.0.4")}, .hosts = {}, .namespaces = {1}};
    fabric.silent.insert(at("10.0.0.4"));
  });
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  initiator_.let_go();
  EXPECT_TRUE(wait_until([&] { return !discovery().trouble.empty(); }));
  edit([](SimFabric& fabric) { fabric.silent.clear(); });
  EXPECT_TRUE(wait_until([&] { return is_connected("third"); }));
  EXPECT_TRUE(wait_until([&] { return discovery().trouble.empty(); }));
}

TEST_F(DiscoverTest, BringsBackALostController) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(persistent(), 0);
  const auto before = discovery().controller;
  edit([](SimFabric& fabric) { fabric.discovery.clear(); });
  initiator_.lose(before);
  ASSERT_TRUE(wait_until(
      [&] { return discovery().trouble.starts_with("nobody listens there; tried again at "); }));
  EXPECT_EQ(discovery().reachability, Reachability::unreachable);
  edit([](SimFabric& fabric) { fabric.discovery = {at("tcp://10.0.0.9:8009")}; });
  EXPECT_TRUE(wait_until([&] { return !discovery().controller.empty(); }));
  EXPECT_EQ(discovery().trouble, "");
}

TEST_F(DiscoverTest, KeepsOneControllerWhileTheKernelBringsItBack) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(persistent(), 0);
  const auto before = discovery().controller;
  initiator_.set_state(before, ControllerState::connecting);
  ASSERT_EQ(fetch(), 0);
  EXPECT_THAT(discovery_controllers(), ElementsAre(before));
  EXPECT_EQ(discovery().controller, before);
  ASSERT_EQ(remove_discovery(hub), 0);
  EXPECT_THAT(controllers(), IsEmpty());
}

TEST_F(DiscoverTest, FindsItsControllerAgainAfterARestart) {
  ASSERT_EQ(make_discovery(hub), 0);
  ASSERT_EQ(connect_all(), 0);
  ASSERT_EQ(persistent(), 0);
  const auto before = discovery_controllers();
  begin();
  ASSERT_TRUE(wait_until([&] { return !discovery().controller.empty(); }));
  EXPECT_EQ(discovery_controllers(), before);
  EXPECT_TRUE(discovery().wanted.connect_all);
  ASSERT_EQ(remove_discovery(hub), 0);
  EXPECT_THAT(discovery_controllers(), IsEmpty());
}

TEST_F(DiscoverTest, EndsWhatAKilledRunHasLeftAndNothingOfOthers) {
  const auto left =
      initiator_.connect_as_other(std::string(Nqn::discovery), at("tcp://10.0.0.9:8009"), true);
  const auto theirs =
      initiator_.connect_as_other(std::string(Nqn::discovery), at("tcp://10.0.0.8:8009"), true);
  initiator_.mark(left);
  begin();
  EXPECT_TRUE(wait_until([&] { return !controllers().contains(left); }));
  EXPECT_THAT(discovery_controllers(), ElementsAre(theirs));
}

TEST_F(DiscoverTest, WhatIsNotSavedIsNotKept) {
  ASSERT_EQ(make_discovery(hub), 0);
  discovery_store_.fail_with(ENOSPC);
  EXPECT_EQ(persistent(), ENOSPC);
  EXPECT_TRUE(wait_until([&] { return controllers().empty(); }));
}

TEST_F(DiscoverTest, StopAnswersWhatIsUnderWay) {
  ASSERT_EQ(make_discovery(hub), 0);
  edit([](SimFabric& fabric) { fabric.silent.insert(at("tcp://10.0.0.9:8009")); });
  auto asked = begin_fetch();
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  auto all = begin_connect_all();
  discoveries_->stop();
  EXPECT_EQ(answer(std::move(asked)), ESHUTDOWN);
  EXPECT_EQ(answer(std::move(all)), ESHUTDOWN);
  EXPECT_EQ(make_discovery("tcp:10.0.0.8"), ESHUTDOWN);
}

}  // namespace
}  // namespace nvmeofs
