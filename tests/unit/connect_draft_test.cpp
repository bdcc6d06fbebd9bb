// Connections that are not connected: mkdir, rmdir, and what is written into a draft.
#include "connect_fixture.h"

namespace nvmeofs {
namespace {

class ConnectDraftTest : public ConnectTest {};

TEST_F(ConnectDraftTest, MkdirMakesADraft) {
  ASSERT_EQ(make("array"), 0);
  EXPECT_EQ(state("array"), ConnectionState::disconnected);
  EXPECT_FALSE(view("array").wanted.connected);
  EXPECT_TRUE(store_.stored().contains("array"));
  EXPECT_EQ(initiator_.attempts(), 0U);
}

TEST_F(ConnectDraftTest, NameIsCheckedAndGivenOnce) {
  EXPECT_EQ(make("a,b"), EINVAL);
  ASSERT_EQ(make("array"), 0);
  EXPECT_EQ(make("array"), EEXIST);
}

TEST_F(ConnectDraftTest, RmdirTakesItAway) {
  ASSERT_EQ(make("array"), 0);
  ASSERT_EQ(remove("array"), 0);
  EXPECT_FALSE(is_there("array"));
  EXPECT_FALSE(store_.stored().contains("array"));
  EXPECT_EQ(remove("array"), ENOENT);
}

TEST_F(ConnectDraftTest, FileOfARemovedConnectionIsStale) {
  ASSERT_EQ(make("array"), 0);
  auto remove_first = submit("array", "", RemoveConnection{});
  auto then_write = submit("array", "address", SetPaths{{at("10.0.0.1")}});
  EXPECT_EQ(answer(std::move(remove_first)), 0);
  EXPECT_EQ(answer(std::move(then_write)), ESTALE);
}

TEST_F(ConnectDraftTest, AddressesAreReplacedOrAppended) {
  draft("array", "tcp://10.0.0.1");
  ASSERT_EQ(address("array", "tcp://10.0.0.2\ntcp://10.0.0.1", true), 0);
  EXPECT_THAT(view("array").wanted.addresses, ElementsAre(at("10.0.0.1"), at("10.0.0.2")));
  ASSERT_EQ(address("array", "tcp://10.0.0.2"), 0);
  EXPECT_THAT(view("array").wanted.addresses, ElementsAre(at("10.0.0.2")));
  ASSERT_EQ(ask("array", "address", SetPaths{}), 0);
  EXPECT_THAT(view("array").wanted.addresses, IsEmpty());
}

TEST_F(ConnectDraftTest, WildcardIsNoAddressToConnectTo) {
  ASSERT_EQ(make("array"), 0);
  EXPECT_EQ(address("array", "tcp://0.0.0.0"), EINVAL);
}

TEST_F(ConnectDraftTest, SubsystemIsTheNameUnlessWritten) {
  ASSERT_EQ(make("disks"), 0);
  EXPECT_EQ(view("disks").wanted.subsystem().str(), "disks");
  ASSERT_EQ(nqn("disks", "array"), 0);
  EXPECT_EQ(view("disks").wanted.subsystem().str(), "array");
  ASSERT_EQ(nqn("disks", "disks"), 0);
  EXPECT_FALSE(view("disks").wanted.nqn);
}

TEST_F(ConnectDraftTest, SubsystemBelongsToOneConnection) {
  ASSERT_EQ(make("array"), 0);
  ASSERT_EQ(make("disks"), 0);
  EXPECT_EQ(nqn("disks", "array"), EEXIST);
  ASSERT_EQ(nqn("disks", "other"), 0);
  EXPECT_EQ(make("other"), EEXIST);
}

TEST_F(ConnectDraftTest, OptionIsCheckedKeptAndCleared) {
  ASSERT_EQ(make("array"), 0);
  ASSERT_EQ(option("array", "queue_size", "064"), 0);
  EXPECT_EQ(view("array").wanted.options.at("queue_size"), "64");
  EXPECT_EQ(option("array", "queue_size", "1"), EINVAL);
  EXPECT_EQ(option("array", "no_such", "1"), EINVAL);
  ASSERT_EQ(option("array", "queue_size", std::nullopt), 0);
  EXPECT_THAT(view("array").wanted.options, IsEmpty());
}

TEST_F(ConnectDraftTest, OptionsAreThoseOfTheKernel) {
  EXPECT_THAT(connections_->options(), testing::Contains("host_nqn"));
  EXPECT_THAT(connections_->options(), Not(testing::Contains("tls")));
}

TEST_F(ConnectDraftTest, RefusalChangesNothingAndIsTold) {
  ASSERT_EQ(make("array"), 0);
  EXPECT_EQ(ask("array", "address", refuse(EINVAL, Reason::bad_value, "no such thing")), EINVAL);
  EXPECT_THAT(view("array").wanted.addresses, IsEmpty());
  ASSERT_TRUE(status("array").refused);
  EXPECT_EQ(status("array").refused->text, "no such thing");
  EXPECT_EQ(connections_->snapshot()->log.back().what,
            "connections/array/address = value-as-written");
}

TEST_F(ConnectDraftTest, WhatCannotBeSavedIsRefused) {
  ASSERT_EQ(make("array"), 0);
  store_.fail_with(ENOSPC);
  EXPECT_EQ(make("other"), ENOSPC);
  EXPECT_EQ(address("array", "tcp://10.0.0.1"), ENOSPC);
  EXPECT_EQ(remove("array"), ENOSPC);
  EXPECT_FALSE(is_there("other"));
  EXPECT_TRUE(is_there("array"));
  EXPECT_THAT(view("array").wanted.addresses, IsEmpty());
}

TEST_F(ConnectDraftTest, SecretIsShownNowhere) {
  const std::string secret = "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
  ASSERT_EQ(make("array"), 0);
  ASSERT_EQ(option("array", "dhchap_secret", secret), 0);
  EXPECT_EQ(view("array").wanted.options.at("dhchap_secret"), "set");
  EXPECT_EQ(connections_->snapshot()->log.back().what,
            "connections/array/options/dhchap_secret = …");
  ASSERT_EQ(address("array", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(connect("array"), 0) << last_.message;
  EXPECT_EQ(store_.stored().at("array").wanted.options.at("dhchap_secret"), secret);
  EXPECT_EQ(initiator_.last_request()->options.at("dhchap_secret"), secret);
}

}  // namespace
}  // namespace nvmeofs
