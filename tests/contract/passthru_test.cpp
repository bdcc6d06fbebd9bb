// subsystems/<nqn>/passthru/. A kernel that was built without it has no such directory: each test
// says so of it, and ends.
#include "contract.h"

namespace nvmeofs::contract {
namespace {

const std::string toto = "subsystems/toto";
const std::string passthru = toto + "/passthru";

struct Passthru : Contract {
  void SetUp() override {
    Contract::SetUp();
    given_subsystem("toto");
  }
  void TearDown() override {
    if (world().facts.has_passthru) write(passthru + "/enable", "0");
    Contract::TearDown();
  }

  bool is_there() {
    const bool is = world().facts.has_passthru;
    if (!is) {
      EXPECT_EQ(write(passthru + "/enable", "1"), ENOENT);
    }
    return is;
  }
  Answer enable_on(const std::string& path) {
    EXPECT_EQ(write(passthru + "/device_path", path), done);
    return write(passthru + "/enable", "1");
  }
  nvmeofs::Passthru observed(const std::string& nqn = "toto") {
    return observe().subsystems[nqn].passthru;
  }
};

TEST_F(Passthru, HasNoPathAtFirstAndIsOff) {
  if (!is_there()) return;
  EXPECT_FALSE(observed().attributes.contains("device_path"));
  EXPECT_FALSE(observed().enabled);
  EXPECT_EQ(write(passthru + "/device_path", "\n"), EINVAL);
  EXPECT_EQ(write(passthru + "/enable", "1"), EINVAL);
}

TEST_F(Passthru, IsObserved) {
  if (!is_there()) return;
  ASSERT_EQ(enable_on(world().drive), done);
  EXPECT_TRUE(observed().enabled);
  EXPECT_EQ(attribute(observed().attributes, "device_path"), world().drive);
  EXPECT_EQ(write(passthru + "/enable", "0"), done);
  EXPECT_FALSE(observed().enabled);
}

TEST_F(Passthru, OfWhatIsNoControllerIsRefused) {
  if (!is_there()) return;
  EXPECT_EQ(enable_on(world().device), EINVAL);
  EXPECT_EQ(enable_on(world().disk_of_drive), EINVAL);
  EXPECT_EQ(enable_on(world().character_device), EINVAL);
  EXPECT_EQ(enable_on(world().directory), EISDIR);
  EXPECT_EQ(enable_on(world().missing_device), ENOENT);
  EXPECT_FALSE(observed().enabled);
}

TEST_F(Passthru, IsEnabledOnce) {
  if (!is_there()) return;
  ASSERT_EQ(enable_on(world().drive), done);
  EXPECT_EQ(write(passthru + "/enable", "1"), EINVAL);
  EXPECT_EQ(write(passthru + "/enable", "0"), done);
  EXPECT_EQ(write(passthru + "/enable", "0"), done);
}

TEST_F(Passthru, PathIsFixedWhileItIsOn) {
  if (!is_there()) return;
  ASSERT_EQ(enable_on(world().drive), done);
  EXPECT_EQ(write(passthru + "/device_path", world().drive), EBUSY);
  EXPECT_EQ(write(passthru + "/enable", "0"), done);
  EXPECT_EQ(write(passthru + "/device_path", world().device), done);
}

TEST_F(Passthru, ControllerIsOfOneSubsystem) {
  if (!is_there()) return;
  ASSERT_EQ(enable_on(world().drive), done);
  given_subsystem("titi");
  EXPECT_EQ(write("subsystems/titi/passthru/device_path", world().drive), done);
  EXPECT_EQ(write("subsystems/titi/passthru/enable", "1"), EINVAL);
  EXPECT_EQ(write(passthru + "/enable", "0"), done);
  EXPECT_EQ(write("subsystems/titi/passthru/enable", "1"), done);
  EXPECT_EQ(write("subsystems/titi/passthru/enable", "0"), done);
}

TEST_F(Passthru, ControllerIsFreeWhenItsSubsystemGoes) {
  if (!is_there()) return;
  ASSERT_EQ(enable_on(world().drive), done);
  ASSERT_EQ(rmdir(toto), done);
  given_subsystem("toto");
  EXPECT_EQ(enable_on(world().drive), done);
}

TEST_F(Passthru, IsRefusedBesideAnEnabledNamespace) {
  if (!is_there()) return;
  given_enabled_namespace("toto", "1");
  EXPECT_EQ(enable_on(world().drive), EINVAL);
}

TEST_F(Passthru, BesideADisabledNamespaceItHangsOnTheKernel) {
  if (!is_there()) return;
  given_namespace("toto", "1");
  EXPECT_EQ(enable_on(world().drive), world().facts.passthru_beside_disabled);
}

TEST_F(Passthru, NamespaceIsNotEnabledBesideItWithoutAWord) {
  if (!is_there()) return;
  ASSERT_EQ(enable_on(world().drive), done);
  given_namespace("toto", "1");
  EXPECT_EQ(write(toto + "/namespaces/1/enable", "1"), done);
  EXPECT_FALSE(is_enabled("toto", "1"));
}

TEST_F(Passthru, VersionIsThatOfTheDriveAndFrozen) {
  if (!is_there()) return;
  const std::string before = subsystem_attribute("toto", "attr_version");
  ASSERT_EQ(enable_on(world().drive), done);
  EXPECT_EQ(subsystem_attribute("toto", "attr_version"), "1.4");
  EXPECT_EQ(write(toto + "/attr_version", "1.3"), EINVAL);
  EXPECT_EQ(write(passthru + "/enable", "0"), done);
  EXPECT_EQ(subsystem_attribute("toto", "attr_version"), before);
}

TEST_F(Passthru, SettingsChangeAtAnyTime) {
  if (!is_there()) return;
  for (const bool on : {false, true}) {
    if (on) {
      ASSERT_EQ(enable_on(world().drive), done);
    }
    for (const char* name : {"admin_timeout", "io_timeout", "clear_ids"}) {
      const std::string path = passthru + "/" + name;
      EXPECT_EQ(write(path, "1"), done) << path;
      EXPECT_EQ(attribute(observed().attributes, name), "1");
      EXPECT_EQ(write(path, "-1"), EINVAL) << path;
      EXPECT_EQ(write(path, "0"), done) << path;
    }
  }
}

TEST_F(Passthru, DirectoryStays) {
  if (!is_there()) return;
  EXPECT_EQ(rmdir(passthru), EPERM);
}

}  // namespace
}  // namespace nvmeofs::contract
