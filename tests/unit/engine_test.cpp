// The engine over the simulated kernel: what a write does, and that a refused one does nothing.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

// Drafts.

TEST_F(EngineTest, DraftIsNotInTheKernel) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "10.0.0.1"), 0);
  EXPECT_EQ(kernel(), Target{});
  EXPECT_EQ(status("toto").state, State::disabled);
}

TEST_F(EngineTest, NameIsTakenOnce) {
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(make("toto"), EEXIST);
  EXPECT_EQ(make("a,b"), EINVAL);
  EXPECT_EQ(make(std::string(223, 'n')), ENAMETOOLONG);
}

TEST_F(EngineTest, DeviceIsCheckedWhenItIsWritten) {
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.devices.at("/dev/b").used_by = "mounted on /srv"; });
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(device("toto", "/dev/none"), ENOENT);
  EXPECT_EQ(device("toto", "/dev/b"), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("mounted on /srv"));
  EXPECT_FALSE(view("toto").wanted.first().device);
}

TEST_F(EngineTest, AddressIsCheckedWhenItIsWritten) {
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(address("toto", "10.9.9.9"), EADDRNOTAVAIL);
  EXPECT_EQ(address("toto", "rdma://10.0.0.2"), ENODEV);
  EXPECT_EQ(address("toto", "rdma://127.0.0.1"), ENODEV);
  EXPECT_TRUE(view("toto").wanted.addresses.empty());
}

TEST_F(EngineTest, RefusalStaysInStatusUntilAChangeIsAccepted) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "10.9.9.9"), EADDRNOTAVAIL);
  ASSERT_TRUE(status("toto").refused);
  EXPECT_EQ(status("toto").refused->reason, Reason::address_not_local);
  ASSERT_EQ(address("toto", "10.0.0.1"), 0);
  EXPECT_FALSE(status("toto").refused);
}

TEST_F(EngineTest, ParseErrorIsRecordedLikeAnyOther) {
  ASSERT_EQ(make("toto"), 0);
  caller_.uid = 1000;
  EXPECT_EQ(ask("toto", "enabled", refuse(EINVAL, Reason::bad_value, "it is 1 or 0")), EINVAL);
  EXPECT_EQ(engine_->snapshot()->log.back().errnum, EINVAL);
  EXPECT_EQ(engine_->snapshot()->log.back().caller.uid, 1000U);
}

TEST_F(EngineTest, LogKeepsTheLast256) {
  for (int i = 0; i < 300; ++i) remove("none");
  EXPECT_EQ(engine_->snapshot()->log.size(), 256U);
}

TEST_F(EngineTest, FileOfARemovedExportIsStale) {
  ASSERT_EQ(make("toto"), 0);
  const auto serial = view("toto").serial;
  ASSERT_EQ(remove("toto"), 0);
  ASSERT_EQ(make("toto"), 0);
  EXPECT_NE(view("toto").serial, serial);
  EXPECT_EQ(engine_->status(serial).error().errnum, ESTALE);
}

// Enabling.

TEST_F(EngineTest, EnablingPutsTheWholeExportIntoTheKernel) {
  serve("toto");
  const Target target = kernel();
  const auto& subsystem = target.subsystems.at("toto");
  EXPECT_TRUE(subsystem.namespaces.at("1").enabled);
  EXPECT_EQ(subsystem.attributes.at("attr_serial"), view("toto").wanted.identity.serial);
  EXPECT_TRUE(target.ports.at("1").subsystems.contains("toto"));
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_EQ(status("toto").addresses.at(0).second, AddressState::listening);
}

TEST_F(EngineTest, EnablingAnIncompleteExportIsEinval) {
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(enable("toto"), EINVAL);
  EXPECT_EQ(last_.reason, Reason::incomplete);
}

TEST_F(EngineTest, EnablingChecksAgain) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.at("/dev/a").used_by = "swap"; });
  EXPECT_EQ(enable("toto"), EBUSY);
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(EngineTest, EnabledDeviceIsClaimed) {
  serve("toto");
  EXPECT_EQ(claim("/dev/a").error().errnum, EBUSY);
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_TRUE(claim("/dev/a"));
}

TEST_F(EngineTest, DeviceIsServedOnceUnderWhateverName) {
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.aliases["/dev/disk/by-id/a"] = "/dev/a"; });
  serve("toto");
  ASSERT_EQ(make("titi"), 0);
  EXPECT_EQ(device("titi", "/dev/disk/by-id/a"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::device_served);
  EXPECT_THAT(last_.message, HasSubstr("toto"));
}

TEST_F(EngineTest, LinkThatIsTurnedWhileEnablingIsNotServed) {
  kernel_.edit_machine([](SimMachine& machine) { machine.aliases["/dev/by-id"] = "/dev/a"; });
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/by-id"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  backend_.hold(Verb::make_item);
  auto enabling = submit("toto", "enabled", SetEnabled{true, false});
  ASSERT_TRUE(backend_.wait_until_held());
  kernel_.edit_machine([](SimMachine& machine) { machine.aliases["/dev/by-id"] = "/dev/b"; });
  backend_.let_go();
  ASSERT_EQ(enabling.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(enabling.get().error().errnum, EBUSY);
  EXPECT_EQ(kernel(), Target{});
  EXPECT_TRUE(claim("/dev/a"));
}

TEST_F(EngineTest, SecondEnableShowsTheSameDisk) {
  serve("toto");
  const Target first = kernel();
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(kernel(), first);
}

TEST_F(EngineTest, DisablingLeavesNothingBehind) {
  serve("toto");
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_EQ(kernel(), Target{});
  EXPECT_EQ(remove("toto"), 0);
}

TEST_F(EngineTest, EnabledExportCannotBeRemoved) {
  serve("toto");
  EXPECT_EQ(remove("toto"), EBUSY);
}

TEST_F(EngineTest, WritingWhatIsThereTouchesNothing) {
  serve("toto");
  const auto steps = backend_.performed().size();
  EXPECT_EQ(enable("toto"), 0);
  EXPECT_EQ(device("toto", "/dev/a"), 0);
  EXPECT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  EXPECT_EQ(hosts("toto", "any"), 0);
  EXPECT_EQ(backend_.performed().size(), steps);
}

TEST_F(EngineTest, PortIsSharedAndGoesWithTheLast) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  EXPECT_EQ(kernel().ports.size(), 1U);
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_EQ(kernel().ports.size(), 1U);
  ASSERT_EQ(disable("titi"), 0);
  EXPECT_EQ(kernel(), Target{});
}

// All or nothing.

TEST_F(EngineTest, RefusedStepOfEnableLeavesTheKernelAsItWas) {
  serve("other", "/dev/b", "tcp://10.0.0.2");
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1\ntcp://10.0.0.2\nrdma://10.0.0.1"), 0);
  ASSERT_EQ(hosts("toto", "nqn.a\nnqn.b"), 0);
  const Target before = kernel();
  const std::size_t steps = engine_->plan(view("toto").serial)->size();
  ASSERT_GT(steps, 20U);
  for (std::size_t step = 0; step < steps; ++step) {
    backend_.refuse_step(step, ENOSPC);
    EXPECT_EQ(enable("toto"), ENOSPC) << "step " << step;
    EXPECT_EQ(kernel(), before) << "step " << step;
    EXPECT_FALSE(view("toto").wanted.enabled);
  }
  backend_.refuse_step(steps, EIO);
  EXPECT_EQ(enable("toto"), 0);
}

TEST_F(EngineTest, RefusedStepOfDisableLeavesTheKernelAsItWas) {
  serve("other", "/dev/b", "tcp://10.0.0.2");
  serve("toto", "/dev/a", "tcp://10.0.0.1\ntcp://10.0.0.2");
  ASSERT_EQ(hosts("toto", "nqn.a"), 0);
  const Target before = kernel();
  for (std::size_t step = 0; step < 7; ++step) {
    backend_.refuse_step(step, EIO);
    EXPECT_EQ(disable("toto"), EIO) << "step " << step;
    EXPECT_EQ(kernel(), before) << "step " << step;
    EXPECT_EQ(status("toto").state, State::enabled);
    EXPECT_EQ(claim("/dev/a").error().errnum, EBUSY);
  }
  backend_.refuse_step(100, EIO);
  ASSERT_EQ(disable("toto"), 0);
}

TEST_F(EngineTest, RefusedStepOfALiveChangeLeavesTheKernelAsItWas) {
  serve("toto");
  const Target before = kernel();
  for (std::size_t step = 0; step < 6; ++step) {
    backend_.refuse_step(step, EIO);
    EXPECT_EQ(device("toto", "/dev/b"), EIO) << "step " << step;
    EXPECT_EQ(kernel(), before) << "step " << step;
  }
  EXPECT_EQ(view("toto").wanted.first().device->path(), "/dev/a");
  EXPECT_TRUE(claim("/dev/b"));
}

TEST_F(EngineTest, KernelsRefusalKeepsItsErrnoAndSaysWhichStep) {
  kernel_.edit_machine([](SimMachine& machine) {
    machine.listeners.push_back({"10.0.0.1", 4420, "iperf"});
  });
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  EXPECT_EQ(enable("toto"), EADDRINUSE);
  EXPECT_EQ(last_.reason, Reason::address_in_use);
  EXPECT_THAT(last_.message, HasSubstr("ln -s"));
  EXPECT_THAT(last_.message, HasSubstr("tcp://10.0.0.1:4420"));
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(EngineTest, RefusalOnTheWayBackIsToldAndCanBeCleanedUp) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  kernel_.edit_machine([](SimMachine& machine) {
    machine.listeners.push_back({"10.0.0.1", 4420, "iperf"});
  });
  backend_.refuse_step(
      15, EBUSY);  // 14 steps are taken, the kernel refuses the 15th, we the first one back
  EXPECT_EQ(enable("toto"), EADDRINUSE);
  EXPECT_EQ(status("toto").state, State::failed);
  EXPECT_NE(kernel(), Target{});
  EXPECT_EQ(remove("toto"), EBUSY);
  ASSERT_EQ(disable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel(), Target{});
  EXPECT_EQ(status("toto").state, State::disabled);
}

// Live changes.

TEST_F(EngineTest, AddressesChangeLive) {
  serve("toto");
  ASSERT_EQ(address("toto", "tcp://10.0.0.2", true), 0);
  EXPECT_EQ(kernel().ports.size(), 2U);
  ASSERT_EQ(address("toto", "tcp://10.0.0.2"), 0);
  EXPECT_EQ(kernel().ports.size(), 1U);
  EXPECT_EQ(kernel_.listening(), std::vector{at("10.0.0.2")});
}

TEST_F(EngineTest, AddressOfAConnectedHostCannotGo) {
  serve("toto", "/dev/a", "tcp://10.0.0.1\ntcp://10.0.0.2");
  ASSERT_TRUE(kernel_.connect("nqn.a", "toto", at("10.0.0.1")));
  EXPECT_EQ(address("toto", "tcp://10.0.0.2"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::hosts_connected);
  EXPECT_THAT(last_.message, HasSubstr("nqn.a"));
  EXPECT_EQ(address("toto", "tcp://10.0.0.1"), 0);
}

TEST_F(EngineTest, HostsChangeLive) {
  serve("toto");
  ASSERT_EQ(hosts("toto", "nqn.a"), 0);
  EXPECT_THAT(kernel().hosts, testing::ElementsAre(testing::Key("nqn.a")));
  ASSERT_EQ(hosts("toto", "nqn.b"), 0);
  EXPECT_THAT(kernel().hosts, testing::ElementsAre(testing::Key("nqn.b")));
  ASSERT_EQ(hosts("toto", "any"), 0);
  EXPECT_TRUE(kernel().hosts.empty());
}

TEST_F(EngineTest, ConnectedHostCannotBeTakenOffTheList) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.a", "toto", at("10.0.0.1")));
  EXPECT_EQ(hosts("toto", "nqn.b"), EBUSY);
  EXPECT_EQ(hosts("toto", "nqn.a\nnqn.b"), 0);
}

TEST_F(EngineTest, ConnectedHostIsTakenOffTheListByForceAndItsConnectionsEnd) {
  serve("toto");
  serve("titi", "/dev/b");
  for (const char* host : {"nqn.a", "nqn.b"})
    ASSERT_TRUE(kernel_.connect(host, "toto", at("10.0.0.1")));
  ASSERT_TRUE(kernel_.connect("nqn.b", "titi", at("10.0.0.1")));
  ASSERT_EQ(hosts("toto", "nqn.a"), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("nqn.b; disconnect them there, or write ' force' after"));
  ASSERT_EQ(hosts("toto", "nqn.a force"), 0) << last_.message;
  EXPECT_EQ(view("toto").wanted.hosts.list.size(), 1U);
  // All of this export's, and none of another's; who may comes back.
  ASSERT_EQ(kernel_.controllers().size(), 1U);
  EXPECT_EQ(kernel_.controllers().front().subsystem, "titi");
  EXPECT_TRUE(kernel_.connect("nqn.a", "toto", at("10.0.0.1")));
  EXPECT_FALSE(kernel_.connect("nqn.b", "toto", at("10.0.0.1")));
}

TEST_F(EngineTest, ForceSendsNobodyAwayWhenEverybodyMayStay) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.a", "toto", at("10.0.0.1")));
  ASSERT_EQ(hosts("toto", "nqn.a force"), 0);
  EXPECT_EQ(kernel_.controllers().size(), 1U);
}

TEST_F(EngineTest, HostStaysWhenItCannotBeTakenOffTheList) {
  serve("toto");
  ASSERT_EQ(hosts("toto", "nqn.b"), 0);
  ASSERT_TRUE(kernel_.connect("nqn.b", "toto", at("10.0.0.1")));
  const Target before = kernel();
  backend_.refuse_step(3, EIO);
  EXPECT_EQ(hosts("toto", "nqn.a force"), EIO);
  EXPECT_EQ(kernel(), before);
  EXPECT_TRUE(view("toto").wanted.hosts.list.contains(Nqn::parse("nqn.b").value()));
}

TEST_F(EngineTest, DeviceChangesLiveAndIsAnotherDiskToHosts) {
  serve("toto");
  const Export before = view("toto").wanted;
  ASSERT_EQ(device("toto", "/dev/b"), 0);
  const auto space = kernel().subsystems.at("toto").namespaces.at("1");
  EXPECT_EQ(space.attributes.at("device_path"), "/dev/b");
  EXPECT_NE(space.attributes.at("device_uuid"), before.first().uuid);
  EXPECT_EQ(view("toto").wanted.identity.serial, before.identity.serial);
  EXPECT_TRUE(claim("/dev/a"));
  EXPECT_FALSE(claim("/dev/b"));
}

TEST_F(EngineTest, DeviceOfAConnectedHostCannotChange) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.a", "toto", at("10.0.0.1")));
  EXPECT_EQ(device("toto", "/dev/b"), EBUSY);
  EXPECT_TRUE(claim("/dev/b"));
}

TEST_F(EngineTest, DisablingIsRefusedWhileAHostIsConnected) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.a", "toto", at("10.0.0.1")));
  EXPECT_EQ(disable("toto"), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("0 force"));
  EXPECT_EQ(disable("toto", true), 0);
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(EngineTest, HostOfAnotherExportOnThePortDoesNotCount) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  ASSERT_TRUE(kernel_.connect("nqn.a", "toto", at("10.0.0.1")));
  EXPECT_EQ(disable("titi"), 0);
}

// What others do.

TEST_F(EngineTest, SubsystemMadeByOthersIsShownAndLeftAlone) {
  ASSERT_TRUE(kernel_.mkdir("subsystems/theirs"));
  ASSERT_TRUE(appears("theirs"));
  EXPECT_EQ(status("theirs").state, State::foreign);
  EXPECT_EQ(make("theirs"), EEXIST);
  EXPECT_EQ(remove("theirs"), EBUSY);
  EXPECT_EQ(enable("theirs"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
  EXPECT_TRUE(kernel().subsystems.contains("theirs"));
}

TEST_F(EngineTest, ForeignExportThatIsPlainIsTakenOverByAWrite) {
  serve("toto");
  const Target before = kernel();
  start_without_state();  // what an unknown daemon left is foreign to this one
  ASSERT_EQ(status("toto").state, State::foreign);
  const auto steps = backend_.performed().size();
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(backend_.performed().size(), steps);
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_FALSE(claim("/dev/a"));
}

TEST_F(EngineTest, RefusedWriteTakesNothingOver) {
  serve("toto");
  start_without_state();
  EXPECT_EQ(address("toto", "10.9.9.9"), EADDRNOTAVAIL);
  EXPECT_EQ(status("toto").state, State::foreign);
  EXPECT_TRUE(claim("/dev/a"));
}

TEST_F(EngineTest, DeviceServedByOthersIsNotServedAgain) {
  serve("theirs", "/dev/a");
  start_without_state();
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(device("toto", "/dev/a"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::device_served);
}

TEST_F(EngineTest, EndOfTheEngineStopsNoExport) {
  serve("toto");
  const Target before = kernel();
  engine_.reset();
  EXPECT_EQ(kernel(), before);
}

TEST_F(EngineTest, DriftIsShownAndPutRight) {
  serve("toto");
  const Target before = kernel();
  ASSERT_TRUE(kernel_.unlink("ports/1/subsystems/toto"));
  ASSERT_EQ(make("other"), 0);
  ASSERT_EQ(device("other", "/dev/b"), 0);
  EXPECT_EQ(status("toto").state, State::drifted);
  EXPECT_THAT(status("toto").detail, HasSubstr("ports/1/subsystems/toto is missing"));
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(EngineTest, DraftDoesNotTakeOverANameThatOthersTookMeanwhile) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_TRUE(kernel_.mkdir("subsystems/toto"));
  EXPECT_EQ(enable("toto"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
}

// Steps that hang.

TEST_F(EngineTest, StepThatHangsHoldsUpNobodyElse) {
  serve("toto", "/dev/a");
  backend_.hold(Verb::remove_item);
  auto hanging = submit("toto", "enabled", SetEnabled{false, false});
  EXPECT_EQ(make("titi"), 0);
  EXPECT_EQ(device("titi", "/dev/b"), 0);
  EXPECT_EQ(status("toto").state, State::failed);
  EXPECT_THAT(status("toto").detail, HasSubstr("waiting in the kernel"));
  EXPECT_EQ(enable("toto"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::kernel_waits);
  EXPECT_EQ(hanging.wait_for(milliseconds(0)), std::future_status::timeout);
  backend_.let_go();
  ASSERT_EQ(hanging.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(hanging.get());
  EXPECT_EQ(kernel(), Target{});
  EXPECT_EQ(status("toto").state, State::disabled);
}

TEST_F(EngineTest, NoPortIsRemovedWhileAStepHangs) {
  serve("toto", "/dev/a", "tcp://10.0.0.1");
  serve("titi", "/dev/b", "tcp://10.0.0.2");
  backend_.hold_first(Verb::remove_item);
  auto hanging = submit("toto", "enabled", SetEnabled{false, false});
  ASSERT_TRUE(backend_.wait_until_held());
  EXPECT_EQ(disable("titi"), 0) << last_.message;
  EXPECT_EQ(kernel().ports.size(), 2U);
  backend_.let_go();
  ASSERT_EQ(hanging.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(hanging.get());
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(EngineTest, RestOfAPlanIsMadeAnewAfterAHang) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(make("titi"), 0);
  ASSERT_EQ(device("titi", "/dev/b"), 0);
  ASSERT_EQ(address("titi", "tcp://10.0.0.1"), 0);
  backend_.hold(Verb::make_item);
  auto hanging = submit("toto", "enabled", SetEnabled{true, false});
  auto behind = submit("titi", "enabled", SetEnabled{true, false});
  ASSERT_EQ(make("sync"), 0);
  backend_.let_go();
  ASSERT_EQ(hanging.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  ASSERT_EQ(behind.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(hanging.get());
  EXPECT_TRUE(behind.get());
  EXPECT_EQ(kernel().ports.size(),
            1U);  // both wanted this address; the second found the first's port
}

// plan.

TEST_F(EngineTest, PlanIsWhatEnablingThenDoes) {
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(engine_->plan(view("toto").serial).error().errnum, EINVAL);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  const Plan plan = engine_->plan(view("toto").serial).value();
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(backend_.performed(), plan);
}

TEST_F(EngineTest, PlanOfAnEnabledExportIsWhatDisablingThenDoes) {
  serve("toto");
  const Plan plan = engine_->plan(view("toto").serial).value();
  backend_.refuse_step(1000, EIO);  // begins to count anew
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_EQ(backend_.performed(), plan);
}

}  // namespace
}  // namespace nvmeofs
