// Several namespaces of one export.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

class SpacesTest : public EngineTest {
 protected:
  int add(Nsid nsid) { return ask("toto", of(nsid), MakeNamespace{nsid}); }
  int drop(Nsid nsid) { return ask("toto", of(nsid), RemoveNamespace{nsid}); }
  int put(Nsid nsid, const char* path) {
    return ask("toto", of(nsid) + "/device", SetDevice{DevicePath::parse(path).value(), nsid});
  }
  int turn(Nsid nsid, bool on, bool force = false) {
    return ask("toto", of(nsid) + "/enabled", SetNamespaceEnabled{nsid, on, force});
  }
  static std::string of(Nsid nsid) { return "namespaces/" + std::to_string(nsid); }

  // Namespace 1 on /dev/a, 2 on /dev/b, and both are served.
  void serve_two() {
    serve("toto");
    ASSERT_EQ(add(2), 0) << last_.message;
    ASSERT_EQ(put(2, "/dev/b"), 0) << last_.message;
    ASSERT_EQ(turn(2, true), 0) << last_.message;
  }
  std::map<std::string, Namespace> in_kernel() { return kernel().subsystems.at("toto").namespaces; }
  void connect() { ASSERT_TRUE(kernel_.connect("nqn.h", "toto", at("10.0.0.1"), "10.0.0.9")); }
};

TEST_F(SpacesTest, ComeAndGoUnderHosts) {
  serve("toto");
  connect();
  const auto before = in_kernel();
  ASSERT_EQ(add(2), 0);
  ASSERT_EQ(put(2, "/dev/b"), 0);
  EXPECT_EQ(in_kernel(), before);
  ASSERT_EQ(turn(2, true), 0) << last_.message;
  EXPECT_EQ(in_kernel().at("1"), before.at("1"));
  EXPECT_TRUE(in_kernel().at("2").enabled);
  EXPECT_EQ(in_kernel().at("2").attributes.at("device_path"), "/dev/b");
  EXPECT_FALSE(claim("/dev/b"));
  EXPECT_EQ(turn(2, false), EBUSY);
  EXPECT_EQ(last_.reason, Reason::hosts_connected);
  ASSERT_EQ(turn(2, false, true), 0);
  EXPECT_EQ(in_kernel(), before);
  EXPECT_TRUE(claim("/dev/b"));
  ASSERT_EQ(drop(2), 0);
  EXPECT_EQ(kernel_.controllers().size(), 1U);
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(SpacesTest, AreAllTakenDownWithTheExport) {
  serve_two();
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_EQ(kernel(), Target{});
  EXPECT_TRUE(claim("/dev/b"));
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(in_kernel().size(), 2U);
}

TEST_F(SpacesTest, KeepTheirIdentity) {
  serve_two();
  const auto before = in_kernel();
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(in_kernel(), before);
  EXPECT_NE(before.at("1").attributes.at("device_uuid"),
            before.at("2").attributes.at("device_uuid"));
}

TEST_F(SpacesTest, AreTheSameAfterARestart) {
  serve_two();
  ASSERT_EQ(add(7), 0);
  const Export before = view("toto").wanted;
  const auto kernel_before = kernel();
  start();
  EXPECT_EQ(view("toto").wanted, before);
  EXPECT_EQ(kernel(), kernel_before);
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_FALSE(claim("/dev/b"));
}

TEST_F(SpacesTest, AreBroughtUpAgainAfterAReboot) {
  serve_two();
  const auto before = kernel();
  engine_.reset();
  for (const auto& step : make_plan(before, Target{})) ASSERT_TRUE(backend_.perform(step));
  boot_id_ = "second";
  start();
  ASSERT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(in_kernel(), before.subsystems.at("toto").namespaces);
}

TEST_F(SpacesTest, HaveEachADiskOfTheirOwn) {
  serve_two();
  ASSERT_EQ(add(3), 0);
  EXPECT_EQ(put(3, "/dev/b"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::device_served);
  EXPECT_THAT(last_.message, HasSubstr("namespace 2 of this export serves it already"));
  ASSERT_EQ(make("titi"), 0);
  EXPECT_EQ(device("titi", "/dev/b"), EBUSY);
}

TEST_F(SpacesTest, OfOneDraftAreNotEnabledOnOneDisk) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(add(2), 0);
  ASSERT_EQ(put(2, "/dev/a"), 0);
  ASSERT_EQ(turn(2, true), 0);
  EXPECT_EQ(enable("toto"), EBUSY);
  EXPECT_EQ(kernel(), Target{});
  EXPECT_TRUE(claim("/dev/a"));
}

// Two paths that led to two disks, and lead to one now.
TEST_F(SpacesTest, AreNotBroughtUpOnOneDisk) {
  serve_two();
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(ask("toto", "device", SetDevice{DevicePath::parse("/dev/a force").value()}), 0);
  ASSERT_EQ(ask("toto", "device", SetDevice{DevicePath::parse("/dev/b force").value(), 2}), 0);
  ASSERT_EQ(enable("toto"), 0);
  ASSERT_EQ(ask("toto", "enabled", TakeDown{}), 0);
  engine_.reset();
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.devices["/dev/b"] = machine.devices.at("/dev/a"); });
  start();
  ASSERT_TRUE(becomes("toto", State::failed));
  EXPECT_THAT(status("toto").detail,
              HasSubstr("/dev/b: namespaces 1 and 2 of this export have the same disk"));
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(SpacesTest, AreNotEnabledWithoutADisk) {
  serve("toto");
  ASSERT_EQ(add(2), 0);
  EXPECT_EQ(turn(2, true), EINVAL);
  EXPECT_EQ(last_.reason, Reason::incomplete);
}

TEST_F(SpacesTest, StayWhileTheyAreEnabled) {
  serve_two();
  EXPECT_EQ(drop(2), EBUSY);
  EXPECT_EQ(last_.reason, Reason::still_enabled);
  EXPECT_EQ(in_kernel().size(), 2U);
}

TEST_F(SpacesTest, AlwaysHaveTheFirst) {
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(drop(1), EPERM);
  EXPECT_EQ(add(1), EEXIST);
  EXPECT_EQ(drop(2), ENOENT);
}

TEST_F(SpacesTest, CanBeServedWithoutTheFirst) {
  serve_two();
  ASSERT_EQ(turn(1, false), 0) << last_.message;
  EXPECT_EQ(in_kernel().size(), 1U);
  EXPECT_TRUE(claim("/dev/a"));
  EXPECT_EQ(turn(2, false), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("write 0 to enabled of the export"));
}

TEST_F(SpacesTest, AreNotGivenAnotherIdentityWhileTheyAreServed) {
  serve_two();
  const std::string uuid = "6b1f8a50-17d4-4c6e-9c53-0c3d8a3a7c01";
  EXPECT_EQ(ask("toto", "namespaces/2/uuid", SetNamespaceIdentity{2, uuid, std::nullopt}), EBUSY);
  ASSERT_EQ(turn(2, false), 0);
  ASSERT_EQ(ask("toto", "namespaces/2/uuid", SetNamespaceIdentity{2, uuid, std::nullopt}), 0);
  ASSERT_EQ(turn(2, true), 0);
  EXPECT_EQ(in_kernel().at("2").attributes.at("device_uuid"), uuid);
}

TEST_F(SpacesTest, AreNotGivenTheIdentityOfAnother) {
  serve_two();
  const std::string taken = view("toto").wanted.first().uuid;
  ASSERT_EQ(turn(2, false), 0);
  EXPECT_EQ(ask("toto", "namespaces/2/uuid", SetNamespaceIdentity{2, taken, std::nullopt}), EEXIST);
  EXPECT_EQ(last_.reason, Reason::identity_taken);
}

TEST_F(SpacesTest, AreServedWithoutOneThatIsPulledOut) {
  serve_two();
  connect();
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.erase("/dev/b"); });
  ASSERT_TRUE(becomes("toto", State::failed));
  EXPECT_EQ(in_kernel().size(), 1U);
  EXPECT_THAT(status("toto").detail, HasSubstr("/dev/b is gone"));
  EXPECT_EQ(kernel_.controllers().size(), 1U);
  kernel_.edit_machine([](SimMachine& machine) {
    machine.devices["/dev/b"] = small_machine().devices.at("/dev/b");
  });
  ASSERT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(in_kernel().size(), 2U);
}

TEST_F(SpacesTest, ThatTheKernelRefusesLeavesTheOthersAsTheyWere) {
  serve("toto");
  ASSERT_EQ(add(2), 0);
  ASSERT_EQ(put(2, "/dev/b"), 0);
  const auto before = kernel();
  kernel_.edit_claims([](SimMachine& machine) { machine.devices.at("/dev/b").read_only = true; });
  EXPECT_NE(turn(2, true), 0);
  EXPECT_EQ(kernel(), before);
  EXPECT_FALSE(view("toto").wanted.spaces.at(2).enabled);
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(SpacesTest, AreBufferedWhereTheDeviceCannotBeHadOtherwise) {
  kernel_.edit_machine([](SimMachine& machine) {
    machine.devices["/tmp/image"] = small_machine().devices.at("/dev/a");
    machine.devices["/tmp/image"].kind = SimDevice::Kind::file;
    machine.devices["/tmp/image"].number = 99;
    machine.devices["/tmp/image"].direct_io = false;
  });
  serve("toto", "/tmp/image");
  EXPECT_EQ(in_kernel().at("1").attributes.at("buffered_io"), "1");
  ASSERT_EQ(add(2), 0);
  ASSERT_EQ(put(2, "/dev/b"), 0);
  ASSERT_EQ(ask("toto", "namespaces/2/buffered_io", SetNamespaceSetting{2, "buffered_io", "1"}), 0);
  ASSERT_EQ(turn(2, true), 0);
  EXPECT_EQ(in_kernel().at("2").attributes.at("buffered_io"), "1");
  EXPECT_EQ(ask("toto", "namespaces/2/buffered_io", SetNamespaceSetting{2, "buffered_io", "0"}),
            EBUSY);
  const auto before = kernel();
  start();
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(SpacesTest, OfOthersAreAdopted) {
  serve_two();
  const auto before = kernel();
  start_without_state();
  ASSERT_TRUE(view("toto").foreign);
  EXPECT_EQ(view("toto").wanted.spaces.size(), 2U);
  ASSERT_EQ(address("toto", "tcp://10.0.0.2", true), 0) << last_.message;
  EXPECT_EQ(in_kernel(), before.subsystems.at("toto").namespaces);
  EXPECT_FALSE(claim("/dev/b"));
}

TEST_F(SpacesTest, TakeTheOwnersOfTheirFilesWithThem) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(add(2), 0);
  ASSERT_EQ(ask("toto", "namespaces/2/device", SetAccess{{.uid = 1000}}), 0);
  ASSERT_EQ(ask("toto", "device", SetAccess{{.uid = 1001}}), 0);
  ASSERT_EQ(drop(2), 0);
  EXPECT_EQ(view("toto").access.size(), 1U);
  EXPECT_EQ(store_.state().exports.at("toto").access.size(), 1U);
}

TEST_F(SpacesTest, AnswerNothingToAFileOfOneThatWasRemoved) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(add(2), 0);
  const auto serial = view("toto").spaces.at(2).serial;
  ASSERT_EQ(drop(2), 0);
  ASSERT_EQ(add(2), 0);
  std::promise<Result<void>> promise;
  engine_->submit({.caller = caller_,
                   .name = "toto",
                   .serial = view("toto").serial,
                   .file = "namespaces/2/enabled",
                   .value = "0",
                   .intent = Intent(SetNamespaceEnabled{2, false, false}),
                   .space = serial},
                  [&](Result<void> result) { promise.set_value(std::move(result)); });
  const auto result = promise.get_future().get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().errnum, ESTALE);
}

}  // namespace
}  // namespace nvmeofs
