// Disks, addresses and RDMA devices that come and go by themselves.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

class PresenceTest : public EngineTest {
 protected:
  void edit(const std::function<void(SimMachine&)>& edit) { kernel_.edit_machine(edit); }
  SimDevice pull_out(const std::string& path) {
    SimDevice pulled = kernel_.machine().devices.at(path);
    edit([&](SimMachine& machine) { machine.devices.erase(path); });
    return pulled;
  }
  void plug_in(const std::string& path, SimDevice device) {
    device.number += 100;
    device.claim = 0;
    edit([&](SimMachine& machine) { machine.devices[path] = device; });
  }
  // An export that has its disk and its address at the next start only.
  void serve_and_stop(const std::string& name = "toto", const char* disk = "/dev/a",
                      const char* at = "tcp://10.0.0.1") {
    serve(name, disk, at);
    ASSERT_EQ(ask(name, "enabled", TakeDown{}), 0);
    engine_.reset();
  }
};

TEST_F(PresenceTest, ExportWaitsForItsDiskAndComesUpWithIt) {
  serve_and_stop();
  const SimDevice disk = pull_out("/dev/a");
  start();
  ASSERT_TRUE(becomes("toto", State::waiting));
  EXPECT_THAT(status("toto").detail, HasSubstr("/dev/a does not exist"));
  EXPECT_EQ(kernel(), Target{});
  plug_in("/dev/a", disk);
  EXPECT_TRUE(becomes("toto", State::enabled));
}

TEST_F(PresenceTest, ExportWaitsForItsAddressAndComesUpWithIt) {
  serve_and_stop();
  edit([](SimMachine& machine) { machine.addresses.erase("10.0.0.1"); });
  start();
  ASSERT_TRUE(becomes("toto", State::waiting));
  EXPECT_THAT(status("toto").detail, HasSubstr("tcp://10.0.0.1:4420"));
  EXPECT_EQ(status("toto").addresses.at(0).second, AddressState::waiting);
  EXPECT_EQ(kernel(), Target{});
  edit([](SimMachine& machine) { machine.addresses["10.0.0.1"] = ""; });
  EXPECT_TRUE(becomes("toto", State::enabled));
}

TEST_F(PresenceTest, OneAddressThatIsThereIsServedAndTheOtherWaits) {
  serve_and_stop("toto", "/dev/a", "tcp://10.0.0.1\ntcp://10.0.0.2");
  edit([](SimMachine& machine) { machine.addresses.erase("10.0.0.2"); });
  start();
  ASSERT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(status("toto").addresses.at(0).second, AddressState::listening);
  EXPECT_EQ(status("toto").addresses.at(1).second, AddressState::waiting);
  edit([](SimMachine& machine) { machine.addresses["10.0.0.2"] = ""; });
  EXPECT_TRUE(
      eventually([&] { return status("toto").addresses.at(1).second == AddressState::listening; }));
}

TEST_F(PresenceTest, WaitingExportCanBeGivenAnotherDisk) {
  serve_and_stop();
  pull_out("/dev/a");
  start();
  ASSERT_TRUE(becomes("toto", State::waiting));
  EXPECT_EQ(device("toto", "/dev/b"), 0) << last_.message;
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(PresenceTest, WaitingExportCanBeGivenAnotherAddress) {
  serve_and_stop();
  edit([](SimMachine& machine) { machine.addresses.erase("10.0.0.1"); });
  start();
  ASSERT_TRUE(becomes("toto", State::waiting));
  EXPECT_EQ(address("toto", "tcp://10.0.0.2", true), 0) << last_.message;
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_EQ(address("toto", "tcp://10.0.0.2"), 0) << last_.message;
  EXPECT_EQ(status("toto").addresses.size(), 1U);
}

TEST_F(PresenceTest, WaitingExportCanBeDisabledAndRemoved) {
  serve_and_stop();
  pull_out("/dev/a");
  start();
  ASSERT_TRUE(becomes("toto", State::waiting));
  EXPECT_EQ(disable("toto"), 0);
  EXPECT_EQ(remove("toto"), 0);
}

TEST_F(PresenceTest, WritingOneToAWaitingExportSaysWhatIsMissing) {
  serve_and_stop();
  pull_out("/dev/a");
  start();
  ASSERT_TRUE(becomes("toto", State::waiting));
  EXPECT_EQ(enable("toto"), ENOENT);
  EXPECT_EQ(status("toto").state, State::waiting);
}

TEST_F(PresenceTest, PulledDiskIsToldAndItsHostsKeepTheirConnection) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.a", "toto", at("10.0.0.1")));
  pull_out("/dev/a");
  ASSERT_TRUE(becomes("toto", State::failed));
  EXPECT_THAT(status("toto").detail, HasSubstr("/dev/a is gone"));
  ASSERT_TRUE(eventually([&] { return kernel().subsystems.at("toto").namespaces.empty(); }));
  EXPECT_EQ(kernel_.controllers().size(), 1U);
}

TEST_F(PresenceTest, PulledDiskIsServedAgainWhenItComesBack) {
  edit([](SimMachine& machine) { machine.devices.at("/dev/a").identity = "wwid a"; });
  serve("toto");
  const Target before = kernel();
  const SimDevice disk = pull_out("/dev/a");
  ASSERT_TRUE(becomes("toto", State::failed));
  EXPECT_TRUE(kernel().subsystems.at("toto").namespaces.empty());
  plug_in("/dev/a", disk);
  EXPECT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(kernel(), before);
}

TEST_F(PresenceTest, DiskThatWasBackBeforeAnyoneLookedIsServedAnew) {
  edit([](SimMachine& machine) { machine.devices.at("/dev/a").identity = "wwid a"; });
  serve("toto");
  const Target before = kernel();
  const auto steps = backend_.performed().size();
  edit([](SimMachine& machine) {
    SimDevice disk = machine.devices.at("/dev/a");
    disk.number += 100;
    disk.claim = 0;
    machine.devices["/dev/a"] = disk;
  });
  EXPECT_TRUE(
      eventually([&] { return backend_.performed().size() > steps + 4 && kernel() == before; }));
  EXPECT_TRUE(becomes("toto", State::enabled));
}

TEST_F(PresenceTest, OtherDiskInThePlaceOfThePulledOneIsNotServed) {
  edit([](SimMachine& machine) { machine.devices.at("/dev/a").identity = "wwid a"; });
  serve("toto");
  SimDevice disk = pull_out("/dev/a");
  ASSERT_TRUE(becomes("toto", State::failed));
  disk.identity = "wwid x";
  plug_in("/dev/a", disk);
  ASSERT_TRUE(
      eventually([&] { return status("toto").detail.find("wwid x") != std::string::npos; }));
  EXPECT_TRUE(kernel().subsystems.at("toto").namespaces.empty());
}

TEST_F(PresenceTest, RdmaDeviceThatComesBackIsListenedOnAgain) {
  serve("toto", "/dev/a", "rdma://10.0.0.1");
  serve("titi", "/dev/b", "rdma://10.0.0.1");
  const Target before = kernel();
  edit([](SimMachine& machine) { machine.addresses["10.0.0.1"] = ""; });
  ASSERT_TRUE(eventually([&] {
    return status("toto").addresses.at(0).second == AddressState::waiting &&
           status("titi").addresses.at(0).second == AddressState::waiting;
  }));
  edit([](SimMachine& machine) { machine.addresses["10.0.0.1"] = "rxe0"; });
  EXPECT_TRUE(eventually([&] {
    return status("toto").addresses.at(0).second == AddressState::listening &&
           status("titi").addresses.at(0).second == AddressState::listening;
  }));
  EXPECT_EQ(kernel().subsystems, before.subsystems);
}

TEST_F(PresenceTest, TcpAddressThatGoesForAMomentKeepsItsHosts) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.a", "toto", at("10.0.0.1")));
  const Target before = kernel();
  edit([](SimMachine& machine) { machine.addresses.erase("10.0.0.1"); });
  edit([](SimMachine& machine) { machine.addresses["10.0.0.1"] = ""; });
  ASSERT_EQ(make("sync"), 0);
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(kernel_.controllers().size(), 1U);
}

TEST_F(PresenceTest, GrownDiskIsToldToItsHosts) {
  serve("toto");
  const auto steps = backend_.performed().size();
  edit([](SimMachine& machine) { machine.devices.at("/dev/a").bytes *= 2; });
  ASSERT_TRUE(eventually([&] { return backend_.performed().size() == steps + 1; }));
  EXPECT_EQ(backend_.performed().back().path, "subsystems/toto/namespaces/1/revalidate_size");
  EXPECT_EQ(status("toto").state, State::enabled);
}

// The simulated kernel has no revalidate_size.
TEST_F(PresenceTest, GrownDiskThatHostsCouldNotBeToldOfIsNotForgotten) {
  serve("toto");
  serve("zz", "/dev/b");
  edit([](SimMachine& machine) { machine.devices.at("/dev/a").bytes *= 2; });
  ASSERT_TRUE(eventually([&] { return !status("toto").note.empty(); }));
  // Exports are looked after in the order of their names.
  edit([](SimMachine& machine) { machine.devices.at("/dev/b").bytes /= 2; });
  ASSERT_TRUE(eventually([&] { return !status("zz").note.empty(); }));
  EXPECT_THAT(status("toto").note, HasSubstr("hosts could not be told"));
}

TEST_F(PresenceTest, ShrunkDiskThatIsAsLargeAgainIsNothingToTell) {
  serve("toto");
  edit([](SimMachine& machine) { machine.devices.at("/dev/a").bytes /= 2; });
  ASSERT_TRUE(eventually([&] { return !status("toto").note.empty(); }));
  edit([](SimMachine& machine) { machine.devices.at("/dev/a").bytes *= 2; });
  EXPECT_TRUE(eventually([&] { return status("toto").note.empty(); }));
}

TEST_F(PresenceTest, ShrunkDiskIsToldInStatus) {
  serve("toto");
  edit([](SimMachine& machine) { machine.devices.at("/dev/a").bytes /= 2; });
  ASSERT_TRUE(eventually([&] { return !status("toto").note.empty(); }));
  EXPECT_THAT(status("toto").note, HasSubstr("shrank"));
}

TEST_F(PresenceTest, DriftIsNotPutRightBecauseADiskElsewhereMoved) {
  serve("toto");
  ASSERT_TRUE(kernel_.unlink("ports/1/subsystems/toto"));
  ASSERT_TRUE(becomes("toto", State::drifted));
  pull_out("/dev/d");
  ASSERT_EQ(make("sync"), 0);
  EXPECT_EQ(status("toto").state, State::drifted);
}

}  // namespace
}  // namespace nvmeofs
