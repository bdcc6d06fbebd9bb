// What is accepted is kept, and what is kept comes up again.
#include "engine/shared_objects.h"
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

class RestartTest : public EngineTest {};

TEST_F(RestartTest, DraftIsKept) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1\nrdma://10.0.0.1"), 0);
  ASSERT_EQ(hosts("toto", "nqn.a\nnqn.b"), 0);
  const Export before = view("toto").wanted;
  start();
  EXPECT_EQ(view("toto").wanted, before);
  EXPECT_EQ(status("toto").state, State::disabled);
}

TEST_F(RestartTest, RemovedExportStaysAway) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(remove("toto"), 0);
  start();
  EXPECT_FALSE(engine_->snapshot()->exports.contains("toto"));
}

TEST_F(RestartTest, ServedExportIsFoundAndNotTouched) {
  serve("toto");
  const Target before = kernel();
  const auto steps = backend_.performed().size();
  start();
  ASSERT_TRUE(becomes("toto", State::enabled));
  EXPECT_TRUE(eventually([&] { return !claim("/dev/a"); }));
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(backend_.performed().size(), steps);
}

TEST_F(RestartTest, PortsAndHostsAreStillOursAndGoWithTheLastUse) {
  serve("toto");
  ASSERT_EQ(hosts("toto", "nqn.a"), 0);
  start();
  ASSERT_TRUE(becomes("toto", State::enabled));
  ASSERT_EQ(disable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(RestartTest, PortOfOthersStaysTheirs) {
  ASSERT_TRUE(kernel_.mkdir("ports/7"));
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"trtype", "tcp"}, {"adrfam", "ipv4"}, {"traddr", "10.0.0.1"}, {"trsvcid", "4420"}})
    ASSERT_TRUE(kernel_.write("ports/7/addr_" + name, value));
  serve("toto");
  start();
  ASSERT_TRUE(becomes("toto", State::enabled));
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_TRUE(kernel().ports.contains("7"));
}

TEST_F(RestartTest, EnabledExportComesUpAfterAReboot) {
  serve("toto");
  ASSERT_EQ(hosts("toto", "nqn.a"), 0);
  const Target before = kernel();
  reboot();
  EXPECT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(kernel(), before);
}

TEST_F(RestartTest, PortOfTheSameNumberAfterARebootIsNotOurs) {
  serve("toto");
  engine_.reset();
  ASSERT_TRUE(kernel_.unlink("ports/1/subsystems/toto"));
  boot_id_ = "second";
  start();
  ASSERT_TRUE(becomes("toto", State::enabled));
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_TRUE(kernel().ports.contains("1"));
}

TEST_F(RestartTest, DisabledExportStaysDown) {
  serve("toto");
  ASSERT_EQ(disable("toto"), 0);
  reboot();
  serve("other", "/dev/b", "tcp://10.0.0.2");
  EXPECT_FALSE(kernel().subsystems.contains("toto"));
}

TEST_F(RestartTest, DiskThatWasPluggedInAnewMeanwhileIsServedAnew) {
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.devices.at("/dev/a").identity = "wwid a"; });
  serve("toto");
  const Target before = kernel();
  engine_.reset();
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.at("/dev/a").number += 100; });
  const auto steps = backend_.performed().size();
  start();
  EXPECT_TRUE(
      eventually([&] { return backend_.performed().size() > steps + 4 && kernel() == before; }));
  EXPECT_TRUE(becomes("toto", State::enabled));
  start();
  const auto again = backend_.performed().size();
  EXPECT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(backend_.performed().size(), again);
}

TEST_F(RestartTest, DiskThatGrewMeanwhileIsToldToItsHostsOnce) {
  serve("toto");
  engine_.reset();
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.at("/dev/a").bytes *= 2; });
  const auto steps = backend_.performed().size();
  start();
  ASSERT_EQ(backend_.performed().size(), steps + 1);
  EXPECT_EQ(backend_.performed().back().path, "subsystems/toto/namespaces/1/revalidate_size");
  start();
  EXPECT_EQ(backend_.performed().size(), steps + 1);
}

TEST_F(RestartTest, DiskThatShrankMeanwhileIsToldInStatus) {
  serve("toto");
  engine_.reset();
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.at("/dev/a").bytes /= 2; });
  start();
  EXPECT_THAT(status("toto").note, HasSubstr("shrank"));
}

TEST_F(RestartTest, WhatTheKernelRefusesByItselfIsLeftAloneForAWhile) {
  serve("toto");
  const Target before = kernel();
  ASSERT_EQ(ask("toto", "enabled", TakeDown{}), 0);
  backend_.refuse_step(0, EIO);
  const auto begin = std::chrono::steady_clock::now();
  start();
  ASSERT_EQ(status("toto").state, State::failed);
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.erase("/dev/d"); });
  ASSERT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(kernel(), before);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(RestartTest, OneThatCannotComeUpHoldsUpNoOther) {
  serve("aa", "/dev/a");
  serve("bb", "/dev/b", "tcp://10.0.0.2");
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.erase("/dev/a"); });
  reboot();
  EXPECT_TRUE(becomes("bb", State::enabled));
  EXPECT_TRUE(becomes("aa", State::waiting));
}

TEST_F(RestartTest, DiskInUseAfterARebootIsNotServed) {
  serve("toto");
  engine_.reset();
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.devices.at("/dev/a").used_by = "mounted on /srv"; });
  reboot();
  ASSERT_TRUE(becomes("toto", State::failed));
  EXPECT_THAT(status("toto").detail, HasSubstr("mounted on /srv"));
  EXPECT_EQ(kernel(), Target{});
}

// A host makes a volume group on its disk; the disk is then a member of it here as well.
TEST_F(RestartTest, WhatHostsPutOnTheDiskIsNoReasonToRefuseIt) {
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.devices.at("/dev/a").identity = "wwid a"; });
  serve("toto");
  kernel_.edit_machine([](SimMachine& machine) {
    machine.devices.at("/dev/a").member_of = "a physical volume of LVM";
  });
  reboot();
  EXPECT_TRUE(becomes("toto", State::enabled));
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_EQ(enable("toto"), 0) << last_.message;
}

TEST_F(RestartTest, OtherDiskUnderThePathStaysDown) {
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.devices.at("/dev/a").identity = "wwid a"; });
  serve("toto");
  engine_.reset();
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.devices.at("/dev/a").identity = "wwid x"; });
  reboot();
  ASSERT_TRUE(becomes("toto", State::failed));
  EXPECT_THAT(status("toto").detail, AllOf(HasSubstr("wwid a"), HasSubstr("wwid x")));
  EXPECT_EQ(kernel(), Target{});
  EXPECT_EQ(enable("toto"), ENXIO);
  EXPECT_EQ(last_.reason, Reason::device_other);
}

TEST_F(RestartTest, OtherDiskIsServedOnceItsPathIsWrittenAgain) {
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.devices.at("/dev/a").identity = "wwid a"; });
  serve("toto");
  const Space before = view("toto").wanted.first();
  ASSERT_EQ(disable("toto"), 0);
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.devices.at("/dev/a").identity = "wwid x"; });
  EXPECT_EQ(enable("toto"), ENXIO);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  // A host that knew the first disk must not take this one for it.
  EXPECT_NE(view("toto").wanted.first().uuid, before.uuid);
  EXPECT_NE(view("toto").wanted.first().nguid, before.nguid);
}

TEST_F(RestartTest, DriftWhileNobodyLookedIsPutRightWhereNobodyLoses) {
  serve("toto");
  const Target before = kernel();
  engine_.reset();
  ASSERT_TRUE(kernel_.unlink("ports/1/subsystems/toto"));
  start();
  EXPECT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(kernel(), before);
}

TEST_F(RestartTest, SubsystemThatOthersMadeMeanwhileIsShownAndLeft) {
  serve("toto");
  reboot();
  ASSERT_TRUE(becomes("toto", State::enabled));
  engine_.reset();
  store_.forget();
  start();
  const Target theirs = kernel();
  ASSERT_EQ(status("toto").state, State::foreign);
  engine_.reset();
  StoredState state;
  Export wanted = recognise(theirs, Nqn::parse("toto").value(), backend_.attributes());
  wanted.identity = {.serial = random_serial(), .model = "nvmeofs"};
  wanted.first().uuid = random_uuid();
  wanted.first().nguid = random_uuid();
  state.exports.emplace("toto", StoredExport{wanted});
  ASSERT_TRUE(store_.save(state));
  start();
  ASSERT_TRUE(becomes("toto", State::drifted));
  EXPECT_EQ(kernel(), theirs);
}

TEST_F(RestartTest, AdoptedExportIsKept) {
  serve("toto");
  start_without_state();
  ASSERT_EQ(enable("toto"), 0);
  const Target before = kernel();
  start();
  EXPECT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(kernel(), before);
}

// What cannot be saved does not happen.

TEST_F(RestartTest, WhatCannotBeSavedDoesNotHappen) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  const ExportView before = view("toto");
  store_.fail_with(ENOSPC);
  EXPECT_EQ(enable("toto"), ENOSPC);
  EXPECT_EQ(last_.reason, Reason::not_saved);
  EXPECT_EQ(device("toto", "/dev/b"), ENOSPC);
  EXPECT_EQ(remove("toto"), ENOSPC);
  EXPECT_EQ(make("titi"), ENOSPC);
  EXPECT_FALSE(engine_->snapshot()->exports.contains("titi"));
  EXPECT_EQ(view("toto").wanted, before.wanted);
  EXPECT_EQ(kernel(), Target{});
  EXPECT_TRUE(claim("/dev/a"));
}

TEST_F(RestartTest, DisablingThatCannotBeSavedDisablesNothing) {
  serve("toto");
  const Target before = kernel();
  store_.fail_with(EROFS);
  EXPECT_EQ(disable("toto"), EROFS);
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(RestartTest, RefusedEnablingIsNotKept) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  backend_.refuse_step(5, EIO);
  ASSERT_EQ(enable("toto"), EIO);
  EXPECT_FALSE(store_.state().exports.at("toto").wanted.enabled);
}

TEST_F(RestartTest, PortsThatWentAreNotOursAnyMore) {
  serve("toto");
  EXPECT_EQ(store_.state().kernel.ports.at("1"), "tcp://10.0.0.1:4420");
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_TRUE(store_.state().kernel.ports.empty());
}

// Identity.

TEST_F(RestartTest, UuidOfAnotherSubsystemIsRefused) {
  serve("toto");
  engine_.reset();
  StoredState state = store_.state();
  StoredExport twin = state.exports.at("toto");
  twin.wanted.name = Nqn::parse("twin").value();
  twin.wanted.enabled = false;
  twin.wanted.first().device = DevicePath::parse("/dev/b").value();
  twin.wanted.identity.serial = "another";
  state.exports.emplace("twin", twin);
  ASSERT_TRUE(store_.save(state));
  start();
  EXPECT_EQ(enable("twin"), EEXIST);
  EXPECT_EQ(last_.reason, Reason::identity_taken);
}

// A port that one program left half made and the next one finishes, before that is killed too.
TEST(StoredObjects, KnowThePortByTheAddressThatItWillHave) {
  Target observed;
  observed.ports["1"].attributes = {{"addr_trtype", "tcp"}, {"addr_adrfam", "ipv4"}};
  const Plan rest{{Verb::set_attribute, "ports/1/addr_traddr", "10.0.0.1", ""},
                  {Verb::set_attribute, "ports/1/addr_trsvcid", "4420", ""}};
  const StoredKernel stored = stored_objects({.ports = {"1"}, .hosts = {}}, rest, observed, "boot");
  EXPECT_EQ(stored.ports.at("1"), "tcp://10.0.0.1:4420");
}

// nvmeofs stop.

TEST_F(RestartTest, TakenDownExportIsStillWantedAndComesUpAtTheNextStart) {
  serve("toto");
  ASSERT_EQ(ask("toto", "enabled", TakeDown{}), 0);
  EXPECT_EQ(kernel(), Target{});
  EXPECT_EQ(status("toto").state, State::waiting);
  start();
  EXPECT_TRUE(becomes("toto", State::enabled));
}

TEST_F(RestartTest, ConnectedHostHoldsWhatIsToBeTakenDown) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.a", "toto", at("10.0.0.1")));
  EXPECT_EQ(ask("toto", "enabled", TakeDown{}), EBUSY);
  EXPECT_EQ(ask("toto", "enabled", TakeDown{.force = true}), 0);
  EXPECT_EQ(kernel(), Target{});
}

}  // namespace
}  // namespace nvmeofs
