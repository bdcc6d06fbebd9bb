// A whole NVMe controller instead of disks.
#include "restore_fixture.h"

namespace nvmeofs {
namespace {

class PassthruTest : public RestoreTest {
 protected:
  int controller(const char* path, const std::string& name = "toto") {
    return ask(name, "passthru/device", SetController{DevicePath::parse(path).value()});
  }
  int turn(bool on, const std::string& name = "toto") {
    return ask(name, "passthru/enabled", SetControllerEnabled{on});
  }
  int set(const char* setting, const char* value) {
    return ask("toto", std::string("passthru/") + setting, SetControllerSetting{setting, value});
  }
  void draft(const std::string& name = "toto", const char* path = "/dev/nvme0") {
    ASSERT_EQ(make(name), 0);
    ASSERT_EQ(address(name, "tcp://10.0.0.1"), 0) << last_.message;
    ASSERT_EQ(controller(path, name), 0) << last_.message;
    ASSERT_EQ(turn(true, name), 0) << last_.message;
  }
  void serve_whole() {
    ASSERT_NO_FATAL_FAILURE(draft());
    ASSERT_EQ(enable("toto"), 0) << last_.message;
  }
  Passthru in_kernel() { return kernel().subsystems.at("toto").passthru; }
  void connect() { ASSERT_TRUE(kernel_.connect("nqn.h", "toto", at("10.0.0.1"), "10.0.0.9")); }

  void edit(const std::function<void(SimMachine&)>& edit) { kernel_.edit_machine(edit); }
  // With all of its disks. What was there.
  std::map<std::string, SimDevice> pull_out() {
    std::map<std::string, SimDevice> pulled;
    edit([&](SimMachine& machine) {
      for (const char* path : {"/dev/nvme0", "/dev/nvme0n1", "/dev/nvme0n2"}) {
        pulled[path] = machine.devices.at(path);
        pulled[path].claim = 0;
        machine.devices.erase(path);
      }
    });
    return pulled;
  }
  void plug_in(std::map<std::string, SimDevice> devices) {
    edit([&](SimMachine& machine) { machine.devices.merge(devices); });
  }
};

TEST_F(PassthruTest, ServesTheControllerAndNoNamespace) {
  serve_whole();
  EXPECT_TRUE(in_kernel().enabled);
  EXPECT_EQ(in_kernel().attributes.at("device_path"), "/dev/nvme0");
  EXPECT_TRUE(kernel().subsystems.at("toto").namespaces.empty());
  EXPECT_EQ(status("toto").state, State::enabled);
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(PassthruTest, KeepsItsDisksFromOthersMeanwhile) {
  serve_whole();
  EXPECT_FALSE(claim("/dev/nvme0n1"));
  EXPECT_FALSE(claim("/dev/nvme0n2"));
  EXPECT_TRUE(claim("/dev/nvme1n1"));
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_TRUE(claim("/dev/nvme0n1"));
}

TEST_F(PassthruTest, IsRefusedWhileOneOfItsDisksIsInUse) {
  edit([](SimMachine& machine) {
    machine.devices.at("/dev/nvme0n2").used_by = "mounted on /srv (ext4)";
  });
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(controller("/dev/nvme0"), EBUSY);
  EXPECT_EQ(last_.message,
            "its disk /dev/nvme0n2: mounted on /srv (ext4); end that use first, or write "
            "'/dev/nvme0 force' to serve it all the same");
  EXPECT_EQ(view("toto").wanted.controller, ServedController{});
  EXPECT_EQ(controller("/dev/nvme0 force"), 0) << last_.message;
}

TEST_F(PassthruTest, IsRefusedWhileAnExportServesOneOfItsDisks) {
  serve("titi", "/dev/nvme0n2");
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(controller("/dev/nvme0"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::device_served);
  EXPECT_THAT(last_.message, HasSubstr("the export titi serves it already"));
}

TEST_F(PassthruTest, DiskOfAServedControllerIsRefused) {
  serve_whole();
  ASSERT_EQ(make("titi"), 0);
  EXPECT_EQ(device("titi", "/dev/nvme0n1"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::device_served);
  EXPECT_EQ(controller("/dev/nvme0", "titi"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::device_served);
  EXPECT_EQ(device("titi", "/dev/nvme1n1"), 0) << last_.message;
}

TEST_F(PassthruTest, ControllerThatSomethingElseServesIsRefused) {
  ASSERT_TRUE(kernel_.mkdir("subsystems/other"));
  ASSERT_TRUE(kernel_.write("subsystems/other/passthru/device_path", "/dev/nvme0"));
  ASSERT_TRUE(kernel_.write("subsystems/other/passthru/enable", "1"));
  ASSERT_TRUE(appears("other"));
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(controller("/dev/nvme0"), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("the subsystem other, made by something else"));
  EXPECT_EQ(device("toto", "/dev/nvme0n1"), EBUSY);
  EXPECT_EQ(controller("/dev/nvme1"), 0) << last_.message;
}

TEST_F(PassthruTest, AndDisksExcludeEachOther) {
  draft();
  EXPECT_EQ(device("toto", "/dev/a"), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("write 0 to passthru/enabled"));
  ASSERT_EQ(turn(false), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0) << last_.message;
  EXPECT_EQ(turn(true), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("namespaces/1/enabled"));
  ASSERT_EQ(ask("toto", "namespaces/1/enabled", SetNamespaceEnabled{1, false, false}), 0);
  EXPECT_EQ(turn(true), 0) << last_.message;
  EXPECT_EQ(enable("toto"), 0) << last_.message;
}

TEST_F(PassthruTest, NeedsADeviceAndAnAddress) {
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(turn(true), EINVAL);
  EXPECT_EQ(last_.reason, Reason::incomplete);
  ASSERT_EQ(controller("/dev/nvme0"), 0);
  ASSERT_EQ(turn(true), 0);
  EXPECT_EQ(enable("toto"), EINVAL);
  EXPECT_THAT(last_.message, HasSubstr("no address yet"));
}

TEST_F(PassthruTest, IsNotChangedForAnotherUnderHosts) {
  serve_whole();
  const Target before = kernel();
  EXPECT_EQ(controller("/dev/nvme1"), EBUSY);
  EXPECT_EQ(turn(false), EBUSY);
  EXPECT_EQ(ask("toto", "passthru/device", SetController{}), EBUSY);
  EXPECT_EQ(kernel(), before);
}

TEST_F(PassthruTest, SettingsChangeUnderHosts) {
  serve_whole();
  connect();
  ASSERT_EQ(set("io_timeout", "7500"), 0) << last_.message;
  EXPECT_EQ(in_kernel().attributes.at("io_timeout"), "7500");
  EXPECT_EQ(kernel_.controllers().size(), 1U);
  EXPECT_EQ(ask("toto", "passthru/io_timeout", SetControllerSetting{"io_timeout", {}}), EBUSY);
}

TEST_F(PassthruTest, IsNotTakenDownUnderHosts) {
  serve_whole();
  connect();
  EXPECT_EQ(disable("toto"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::hosts_connected);
  EXPECT_EQ(disable("toto", true), 0) << last_.message;
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(PassthruTest, VersionIsThatOfTheDrive) {
  draft();
  const auto version = [&](std::optional<std::string> text) {
    return ask("toto", "subsystem/version", SetSubsystemSetting{"version", std::move(text)});
  };
  EXPECT_EQ(version("1.3"), EINVAL);
  ASSERT_EQ(turn(false), 0);
  ASSERT_EQ(version("1.3"), 0);
  EXPECT_EQ(turn(true), EINVAL);
  ASSERT_EQ(version(std::nullopt), 0);
  ASSERT_EQ(turn(true), 0);
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel().subsystems.at("toto").attributes.at("attr_version"), "1.4");
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(PassthruTest, IdsAreAlwaysClearedOverLoop) {
  draft();
  ASSERT_EQ(set("clear_ids", "0"), 0);
  EXPECT_EQ(address("toto", "loop"), EINVAL);
  EXPECT_THAT(last_.message, HasSubstr("passthru/clear_ids"));
  ASSERT_EQ(set("clear_ids", "1"), 0);
  EXPECT_EQ(address("toto", "loop"), 0) << last_.message;
}

// Linux gives up a disk whose ids are others at its next look.
TEST_F(PassthruTest, IdsStayAsHostsKnowThem) {
  draft();
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(set("clear_ids", "1"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::still_enabled);
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_EQ(set("clear_ids", "1"), 0) << last_.message;
}

TEST_F(PassthruTest, RefusalLeavesNothing) {
  draft();
  const Plan plan = engine_->plan(view("toto").serial).value();
  const auto opens = std::find_if(plan.begin(), plan.end(), [](const Step& step) {
    return step.path == "subsystems/toto/passthru/enable";
  });
  ASSERT_NE(opens, plan.end());
  backend_.refuse_step(static_cast<std::size_t>(opens - plan.begin()), EINVAL);
  EXPECT_EQ(enable("toto"), EINVAL);
  EXPECT_THAT(last_.message, HasSubstr("another subsystem has it already"));
  EXPECT_EQ(kernel(), Target{});
  EXPECT_TRUE(claim("/dev/nvme0n1"));
}

TEST_F(PassthruTest, IsTheSameAfterARestart) {
  serve_whole();
  ASSERT_EQ(set("admin_timeout", "500"), 0);
  const Export before = view("toto").wanted;
  const Target kernel_before = kernel();
  start();
  EXPECT_EQ(view("toto").wanted, before);
  EXPECT_EQ(kernel(), kernel_before);
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_FALSE(claim("/dev/nvme0n1"));
}

TEST_F(PassthruTest, ComesUpAfterAReboot) {
  serve_whole();
  const Passthru before = in_kernel();
  reboot();
  EXPECT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(in_kernel(), before);
}

TEST_F(PassthruTest, WaitsForItsController) {
  serve_whole();
  const auto drive = pull_out();
  EXPECT_TRUE(becomes("toto", State::waiting));
  EXPECT_THAT(status("toto").detail, HasSubstr("/dev/nvme0 does not exist"));
  EXPECT_EQ(kernel(), Target{});
  plug_in(drive);
  EXPECT_TRUE(becomes("toto", State::enabled)) << status("toto").detail;
  EXPECT_TRUE(in_kernel().enabled);
}

TEST_F(PassthruTest, AnotherDriveOfThatNameIsNotServed) {
  serve_whole();
  ASSERT_EQ(ask("toto", "enabled", TakeDown{}), 0);
  engine_.reset();
  edit([](SimMachine& machine) { machine.devices.at("/dev/nvme0").identity = "serial other"; });
  start();
  EXPECT_TRUE(becomes("toto", State::failed));
  EXPECT_THAT(status("toto").detail, HasSubstr("leads to another disk"));
  EXPECT_THAT(status("toto").detail, HasSubstr("write the path to passthru/device again"));
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(PassthruTest, ForeignOneIsAdoptedAsItIs) {
  serve_whole();
  const Target before = kernel();
  start_without_state();
  ASSERT_EQ(status("toto").state, State::foreign);
  ASSERT_EQ(set("io_timeout", "100"), 0) << last_.message;
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_TRUE(view("toto").wanted.controller.enabled);
  EXPECT_EQ(kernel().ports, before.ports);
  EXPECT_FALSE(claim("/dev/nvme0n1"));
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_TRUE(kernel().subsystems.empty());
}

TEST_F(PassthruTest, GoesIntoASavedTargetAndBack) {
  serve_whole();
  const Export before = view("toto").wanted;
  const std::string text = saved();
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(turn(false), 0);
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_EQ(view("toto").wanted, before);
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(remove("toto"), 0);
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_TRUE(in_kernel().enabled);
  EXPECT_EQ(saved(), text);
  const auto done = steps();
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_EQ(steps(), done);
}

TEST_F(PassthruTest, TwoExportsExchangeTheirControllersInASavedTarget) {
  serve_whole();
  ASSERT_NO_FATAL_FAILURE(draft("titi", "/dev/nvme1"));
  ASSERT_EQ(enable("titi"), 0) << last_.message;
  const auto pathed = [&](const char* name) {
    return attribute(kernel().subsystems.at(name).passthru.attributes, "device_path");
  };
  ASSERT_EQ(restore(exchanged(saved(), {{"/dev/nvme0", "/dev/nvme1"}})), 0) << last_.message;
  EXPECT_EQ(pathed("toto"), "/dev/nvme1");
  EXPECT_EQ(pathed("titi"), "/dev/nvme0");
  for (const char* name : {"toto", "titi"}) EXPECT_EQ(status(name).state, State::enabled);
}

TEST_F(PassthruTest, AndADiskAreExchangedInASavedTarget) {
  serve_whole();
  const std::string whole = saved();
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(turn(false), 0);
  ASSERT_EQ(device("toto", "/dev/nvme0n1"), 0) << last_.message;
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  const std::string disk = saved();
  ASSERT_EQ(restore(whole), 0) << last_.message;
  EXPECT_TRUE(in_kernel().enabled);
  ASSERT_EQ(restore(disk), 0) << last_.message;
  EXPECT_FALSE(in_kernel().enabled);
  EXPECT_EQ(kernel().subsystems.at("toto").namespaces.size(), 1U);
}

TEST_F(PassthruTest, OfSomethingElseIsThatAgainWhenARestoreIsTakenBack) {
  serve_whole();
  serve("titi", "/dev/b");
  const std::string text = replaced(saved(), "/dev/b", "/dev/missing");
  start_without_state();
  const Target before = kernel();
  EXPECT_EQ(restore(text), ENOENT);
  EXPECT_THAT(last_.message, HasSubstr("everything is as it was before"));
  EXPECT_EQ(status("toto").state, State::foreign);
  EXPECT_EQ(kernel(), before);
  EXPECT_TRUE(claim("/dev/nvme0n1"));
}

}  // namespace
}  // namespace nvmeofs
