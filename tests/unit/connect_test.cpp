// connected = 1.
#include "connect_fixture.h"

namespace nvmeofs {
namespace {

TEST_F(ConnectTest, BringsUpEveryPathAndGivesTheDisks) {
  bring_up("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  EXPECT_EQ(state("array"), ConnectionState::connected);
  EXPECT_THAT(devices("array"), ElementsAre("/dev/nvme0n1", "/dev/nvme0n2"));
  const auto paths = status("array").paths;
  ASSERT_EQ(paths.size(), 2U);
  EXPECT_EQ(paths[0].state, "live");
  EXPECT_EQ(paths[0].ana, "optimized");
  EXPECT_EQ(initiator_.marked().size(), 2U);
}

TEST_F(ConnectTest, NeedsAnAddress) {
  ASSERT_EQ(make("array"), 0);
  EXPECT_EQ(connect("array"), EINVAL);
  EXPECT_EQ(last_.reason, Reason::no_address);
}

TEST_F(ConnectTest, PartialSuccessIsASuccessAndTold) {
  bring_up("array", "tcp://10.0.0.1\ntcp://10.0.0.9");
  EXPECT_EQ(state("array"), ConnectionState::degraded);
  EXPECT_THAT(connections_->snapshot()->log.back().text, HasSubstr("1 of 2 paths live"));
  EXPECT_TRUE(wait_until(
      [&] { return status("array").paths[1].trouble.starts_with("nobody listens there"); }));
}

TEST_F(ConnectTest, RefusedByAllIsRefusedWithTheFirstsErrorAndLeavesNothing) {
  draft("array", "tcp://10.0.0.9\nrdma://10.0.0.9\ntcp://10.0.0.3");
  EXPECT_EQ(connect("array"), ECONNREFUSED);
  EXPECT_THAT(last_.message, HasSubstr("tcp://10.0.0.9:4420: nobody listens there"));
  EXPECT_THAT(last_.message, HasSubstr("tcp://10.0.0.3:4420: the target has no subsystem array"));
  EXPECT_FALSE(view("array").wanted.connected);
  EXPECT_FALSE(store_.stored().at("array").wanted.connected);
  EXPECT_EQ(state("array"), ConnectionState::disconnected);
  EXPECT_THAT(controllers(), IsEmpty());
}

TEST_F(ConnectTest, HostThatIsNotAllowedIsTold) {
  edit([](SimFabric& fabric) { fabric.targets.at("array").hosts = {"somebody"}; });
  draft("array", "tcp://10.0.0.1");
  EXPECT_EQ(connect("array"), EIO);
  EXPECT_THAT(last_.message, HasSubstr("does not allow the host"));
  ASSERT_EQ(option("array", "host_nqn", "somebody"), 0);
  EXPECT_EQ(connect("array"), EINVAL);
  ASSERT_EQ(option("array", "host_id", "11111111-2222-3333-4444-555555555555"), 0);
  EXPECT_EQ(connect("array"), 0) << last_.message;
}

TEST_F(ConnectTest, WaitsForTheDisks) {
  connections_.reset();
  options_.disk_patience = std::chrono::seconds(20);
  start();
  initiator_.hide_disks(true);
  draft("array", "tcp://10.0.0.1");
  auto answer_to_come = begin_connect("array");
  ASSERT_TRUE(wait_until([&] { return controllers().size() == 1; }));
  EXPECT_EQ(answer_to_come.wait_for(milliseconds(0)), std::future_status::timeout);
  initiator_.hide_disks(false);
  ASSERT_EQ(answer(std::move(answer_to_come)), 0);
  EXPECT_EQ(devices("array").size(), 2U);
}

TEST_F(ConnectTest, SubsystemWithoutADiskIsConnectedAndHasNoDevice) {
  edit([](SimFabric& fabric) { fabric.targets.at("array").namespaces.clear(); });
  bring_up("array", "tcp://10.0.0.1");
  EXPECT_EQ(state("array"), ConnectionState::connected);
  EXPECT_THAT(devices("array"), IsEmpty());
}

TEST_F(ConnectTest, SilentAddressHoldsUpNobodyElse) {
  silence("10.0.0.1");
  draft("array", "tcp://10.0.0.1");
  draft("other", "tcp://10.0.0.3");
  auto silent = begin_connect("array");
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  EXPECT_EQ(connect("other"), 0);
  initiator_.let_go();
  EXPECT_EQ(answer(std::move(silent)), ETIMEDOUT);
}

TEST_F(ConnectTest, PathsAreTriedAllAtOnce) {
  silence("10.0.0.1");
  silence("10.0.0.2");
  draft("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  auto both = begin_connect("array");
  EXPECT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 2; }));
  initiator_.let_go();
  EXPECT_EQ(answer(std::move(both)), ETIMEDOUT);
}

// The kernel's connect does not come back in the time that it was given.
class StuckConnectTest : public ConnectTest {
 protected:
  class Stuck : public SimInitiator {
   public:
    using SimInitiator::SimInitiator;
    Result<std::string> connect(const PathRequest& request, milliseconds) override {
      return SimInitiator::connect(request, std::chrono::seconds(60));
    }
  };

  void SetUp() override {
    connections_ = std::make_unique<Connections>(ConnectionsEnvironment{stuck_, store_},
                                                 ConnectionsOptions{.patience = milliseconds(10)});
    ASSERT_TRUE(connections_->start());
  }
  ~StuckConnectTest() override { connections_.reset(); }

  Stuck stuck_{small_fabric()};
};

TEST_F(StuckConnectTest, AttemptIsAnsweredAllTheSame) {
  stuck_.edit([](SimFabric& fabric) { fabric.silent.insert(at("10.0.0.1")); });
  draft("array", "tcp://10.0.0.1");
  EXPECT_EQ(connect("array"), ETIMEDOUT);
  EXPECT_EQ(remove("array"), EBUSY);
  // What comes up after the refusal is taken away.
  stuck_.edit([](SimFabric& fabric) { fabric.silent.clear(); });
  EXPECT_TRUE(wait_until([&] { return remove("array") == 0; }));
  EXPECT_THAT(stuck_.observe()->controllers, IsEmpty());
}

TEST_F(StuckConnectTest, AttemptOverRdmaWithASecretIsSaidToBePerhapsAWrongOne) {
  stuck_.edit([](SimFabric& fabric) { fabric.silent.insert(at("rdma://10.0.0.1")); });
  draft("array", "rdma://10.0.0.1");
  const std::string secret = "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
  ASSERT_EQ(option("array", "dhchap_secret", secret), 0) << last_.message;
  EXPECT_EQ(connect("array"), ETIMEDOUT);
  EXPECT_THAT(last_.message,
              testing::AllOf(HasSubstr("wrong dhchap_secret"), Not(HasSubstr(secret))));
  stuck_.edit([](SimFabric& fabric) { fabric.silent.clear(); });
}

TEST_F(ConnectTest, WhatIsThereAlreadyIsAdoptedWithoutAWordToTheKernel) {
  draft("array", "tcp://10.0.0.1");
  const auto controller = initiator_.connect_as_other("array", at("10.0.0.1"));
  ASSERT_EQ(connect("array"), 0) << last_.message;
  EXPECT_EQ(initiator_.attempts(), 0U);
  EXPECT_TRUE(wait_until([&] { return initiator_.marked().contains(controller); }));
  EXPECT_EQ(state("array"), ConnectionState::connected);
}

TEST_F(ConnectTest, ControllerThatIsNotLiveIsWaitedFor) {
  draft("array", "tcp://10.0.0.1");
  const auto controller = initiator_.connect_as_other("array", at("10.0.0.1"));
  initiator_.set_state(controller, ControllerState::connecting);
  auto answer_to_come = begin_connect("array");
  ASSERT_TRUE(wait_until([&] { return store_.stored().at("array").wanted.connected; }));
  EXPECT_EQ(answer_to_come.wait_for(milliseconds(0)), std::future_status::timeout);
  initiator_.set_state(controller, ControllerState::live);
  EXPECT_EQ(answer(std::move(answer_to_come)), 0);
}

TEST_F(ConnectTest, WhatCannotBeSavedIsNotTried) {
  draft("array", "tcp://10.0.0.1");
  store_.fail_with(EROFS);
  EXPECT_EQ(connect("array"), EROFS);
  EXPECT_EQ(initiator_.attempts(), 0U);
}

TEST_F(ConnectTest, IsInTheStoreBeforeTheKernelHears) {
  silence("10.0.0.1");
  draft("array", "tcp://10.0.0.1");
  auto answer_to_come = begin_connect("array");
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  EXPECT_TRUE(store_.stored().at("array").wanted.connected);
  initiator_.let_go();
  EXPECT_EQ(answer(std::move(answer_to_come)), ETIMEDOUT);
  EXPECT_FALSE(store_.stored().at("array").wanted.connected);
}

TEST_F(ConnectTest, RmdirIsRefusedWhileItIsConnected) {
  bring_up("array", "tcp://10.0.0.1");
  EXPECT_EQ(remove("array"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::still_connected);
}

TEST_F(ConnectTest, WritingOneAgainTriesWhatIsMissingAtOnce) {
  connections_.reset();
  options_.first_pause = options_.longest_pause = std::chrono::hours(1);
  start();
  unplug("10.0.0.2");
  bring_up("array", "tcp://10.0.0.1\ntcp://10.0.0.2");
  ASSERT_EQ(state("array"), ConnectionState::degraded);
  plug_in("array", "10.0.0.2");
  EXPECT_EQ(connect("array"), 0);
  EXPECT_EQ(state("array"), ConnectionState::connected);
}

TEST_F(ConnectTest, StopAnswersWhatIsUnderWay) {
  silence("10.0.0.1");
  draft("array", "tcp://10.0.0.1");
  auto answer_to_come = begin_connect("array");
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  connections_->stop();
  EXPECT_EQ(answer(std::move(answer_to_come)), ESHUTDOWN);
  EXPECT_EQ(make("late"), ESHUTDOWN);
  EXPECT_FALSE(store_.stored().at("array").wanted.connected);
}

TEST_F(ConnectTest, HundredConnectionsComeUpTogether) {
  for (int i = 0; i < 100; ++i) {
    const auto name = fmt::format("many{}", i);
    const auto where = fmt::format("tcp://10.1.0.{}", i + 1);
    edit([&](SimFabric& fabric) {
      fabric.targets[name] = {.addresses = {at(where.c_str())}, .namespaces = {1}};
    });
    draft(name, where.c_str());
  }
  std::vector<std::future<Result<void>>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(begin_connect(fmt::format("many{}", i)));
  for (auto& each : answers) EXPECT_EQ(answer(std::move(each)), 0);
  EXPECT_EQ(controllers().size(), 100U);
}

TEST(SimFabric, ExampleHasTwoDisksToConnectTo) {
  SimInitiator initiator;
  const auto controller = initiator.connect({.subsystem = Nqn::parse("disk-array").value(),
                                             .address = at("tcp://192.168.2.40:4420"),
                                             .host = initiator.host_identity().value(),
                                             .options = {}},
                                            milliseconds(0));
  ASSERT_TRUE(controller);
  EXPECT_EQ(initiator.observe()->controllers.at(*controller).namespaces.size(), 2U);
  EXPECT_EQ(SimFabric::example().describe(),
            "target disk-array with 2 disks at tcp://192.168.2.40:4420\n"
            "discovery at tcp://192.168.2.40:8009\n");
}

}  // namespace
}  // namespace nvmeofs
