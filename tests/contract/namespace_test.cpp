// subsystems/<nqn>/namespaces/.
#include <regex>

#include "contract.h"

namespace nvmeofs::contract {
namespace {

const std::string namespaces = "subsystems/toto/namespaces";
const std::string first = namespaces + "/1";

struct Namespace : Contract {
  void SetUp() override {
    Contract::SetUp();
    given_subsystem("toto");
  }

  // Namespace 1 on the path given: what enabling it answers.
  Answer enable_on(const std::string& path) {
    EXPECT_EQ(mkdir(first), done);
    EXPECT_EQ(write(first + "/device_path", path), done);
    return write(first + "/enable", "1");
  }
};

TEST_F(Namespace, OfNumbersOutsideOfTheRangeIsEinval) {
  EXPECT_EQ(mkdir(namespaces + "/0"), EINVAL);
  EXPECT_EQ(mkdir(namespaces + "/4294967295"), EINVAL);
  EXPECT_EQ(mkdir(namespaces + "/-1"), EINVAL);
}

TEST_F(Namespace, OfANumberOver32BitsIsErange) {
  EXPECT_EQ(mkdir(namespaces + "/4294967296"), ERANGE);
}

TEST_F(Namespace, OfNoNumberIsEinval) {
  for (const char* name : {"one", "1x", " 1", "0x"}) {
    EXPECT_EQ(mkdir(namespaces + "/" + name), EINVAL) << name;
  }
}

TEST_F(Namespace, TakesTheLargestNumber) {
  EXPECT_EQ(mkdir(namespaces + "/4294967294"), done);
}

TEST_F(Namespace, KeepsTheSpellingOfItsNumber) {
  EXPECT_EQ(mkdir(namespaces + "/0x2"), done);
  EXPECT_TRUE(observe().subsystems["toto"].namespaces.contains("0x2"));
}

TEST_F(Namespace, InASecondSpellingIsRefusedAtTheLatestWhenEnabled) {
  given_enabled_namespace("toto", "1");
  const Answer made = mkdir(namespaces + "/01");
  EXPECT_EQ(made, world().facts.second_nsid_mkdir);
  if (made == done) {
    ASSERT_EQ(write(namespaces + "/01/device_path", world().other_device), done);
    EXPECT_EQ(write(namespaces + "/01/enable", "1"), EBUSY);
  }
}

TEST_F(Namespace, HasNoPathAtFirst) {
  ASSERT_EQ(mkdir(first), done);
  EXPECT_FALSE(observe().subsystems["toto"].namespaces["1"].attributes.contains("device_path"));
}

TEST_F(Namespace, TakesAnyTextAsAPath) {
  ASSERT_EQ(mkdir(first), done);
  EXPECT_EQ(write(first + "/device_path", " no such thing "), done);
  EXPECT_EQ(namespace_attribute("toto", "1", "device_path"), " no such thing ");
}

TEST_F(Namespace, EndsAPathAtTheNewline) {
  ASSERT_EQ(mkdir(first), done);
  EXPECT_EQ(write(first + "/device_path", "/dev/one\n/dev/two"), done);
  EXPECT_EQ(namespace_attribute("toto", "1", "device_path"), "/dev/one");
}

TEST_F(Namespace, APathOfNothingIsEinval) {
  ASSERT_EQ(mkdir(first), done);
  EXPECT_EQ(write(first + "/device_path", "\n"), EINVAL);
}

TEST_F(Namespace, HasARandomUuidOfVersion4) {
  ASSERT_EQ(mkdir(first), done);
  EXPECT_TRUE(std::regex_match(
      namespace_attribute("toto", "1", "device_uuid"),
      std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
}

TEST_F(Namespace, MadeAnewHasAnotherUuid) {
  ASSERT_EQ(mkdir(first), done);
  const std::string uuid = namespace_attribute("toto", "1", "device_uuid");
  ASSERT_EQ(rmdir(first), done);
  ASSERT_EQ(mkdir(first), done);
  EXPECT_NE(namespace_attribute("toto", "1", "device_uuid"), uuid);
}

TEST_F(Namespace, ReadsAUuidBackInLowerCase) {
  ASSERT_EQ(mkdir(first), done);
  EXPECT_EQ(write(first + "/device_uuid", "0A1B2C3D-4E5F-4A6B-8C7D-0123456789AB"), done);
  EXPECT_EQ(namespace_attribute("toto", "1", "device_uuid"),
            "0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab");
}

TEST_F(Namespace, AUuidInAnotherFormIsEinval) {
  ASSERT_EQ(mkdir(first), done);
  EXPECT_EQ(write(first + "/device_uuid", "0a1b2c3d4e5f4a6b8c7d0123456789ab"), EINVAL);
  EXPECT_EQ(write(first + "/device_uuid", "0a1b2c3d-4e5f-4a6b-8c7d-0123456789a"), EINVAL);
  EXPECT_EQ(write(first + "/device_uuid", "0a1b2c3d-4e5f-4a6b-8c7d-0123456789ag"), EINVAL);
}

TEST_F(Namespace, TakesAnNguidWithAndWithoutDashes) {
  ASSERT_EQ(mkdir(first), done);
  EXPECT_EQ(write(first + "/device_nguid", "00112233445566778899aabbccddeeff"), done);
  EXPECT_EQ(write(first + "/device_nguid", "00112233-4455-6677-8899-aabbccddeeff"), done);
}

TEST_F(Namespace, AShortNguidIsEinval) {
  ASSERT_EQ(mkdir(first), done);
  EXPECT_EQ(write(first + "/device_nguid", "00112233445566778899aabbccddee"), EINVAL);
}

TEST_F(Namespace, EnablingWithoutAPathIsEinval) {
  ASSERT_EQ(mkdir(first), done);
  EXPECT_EQ(write(first + "/enable", "1"), EINVAL);
}

TEST_F(Namespace, EnablingAMissingDeviceIsEnoent) {
  EXPECT_EQ(enable_on(world().missing_device), ENOENT);
}

TEST_F(Namespace, EnablingAPathWithABlankAtItsEndIsEnoent) {
  EXPECT_EQ(enable_on(world().device + " "), ENOENT);
}

TEST_F(Namespace, EnablingAPathBelowADeviceIsEnotdir) {
  EXPECT_EQ(enable_on(world().device + "/x"), ENOTDIR);
}

TEST_F(Namespace, EnablingADirectoryIsEisdir) {
  EXPECT_EQ(enable_on(world().directory), EISDIR);
}

TEST_F(Namespace, EnablingACharacterDeviceIsEinval) {
  EXPECT_EQ(enable_on(world().character_device), EINVAL);
}

TEST_F(Namespace, EnablingAReadOnlyDeviceIsEacces) {
  EXPECT_EQ(enable_on(world().read_only_device), EACCES);
}

TEST_F(Namespace, EnablingATooLongNameIsEnametoolong) {
  EXPECT_EQ(enable_on("/dev/" + std::string(256, 'x')), ENAMETOOLONG);
}

TEST_F(Namespace, EnablingAFileOnTmpfsNeedsItsDirectIo) {
  EXPECT_EQ(enable_on(world().tmpfs_file), world().facts.tmpfs_takes_direct_io ? done : EINVAL);
}

TEST_F(Namespace, EnablingABlockDeviceIsDone) {
  EXPECT_EQ(enable_on(world().device), done);
  EXPECT_TRUE(is_enabled("toto", "1"));
}

TEST_F(Namespace, EnablingAFileIsDone) {
  EXPECT_EQ(enable_on(world().file), done);
}

TEST_F(Namespace, EnablingAnotherNameOfADeviceIsDone) {
  EXPECT_EQ(enable_on(world().device_alias), done);
  EXPECT_EQ(namespace_attribute("toto", "1", "device_path"), world().device_alias);
}

TEST_F(Namespace, EnablingOneDeviceTwiceIsDone) {
  given_enabled_namespace("toto", "1");
  given_namespace("toto", "2");
  EXPECT_EQ(write(namespaces + "/2/enable", "1"), done);
}

TEST_F(Namespace, EnablingWhatIsEnabledIsDone) {
  given_enabled_namespace("toto", "1");
  EXPECT_EQ(write(first + "/enable", "1"), done);
}

TEST_F(Namespace, DisablingWhatIsDisabledIsDone) {
  given_namespace("toto", "1");
  EXPECT_EQ(write(first + "/enable", "0"), done);
}

TEST_F(Namespace, EnablingWithNoBooleanIsEinval) {
  given_namespace("toto", "1");
  EXPECT_EQ(write(first + "/enable", "2"), EINVAL);
}

TEST_F(Namespace, RefusedEnableLeavesItDisabledAndEditable) {
  EXPECT_EQ(enable_on(world().missing_device), ENOENT);
  EXPECT_FALSE(is_enabled("toto", "1"));
  EXPECT_EQ(write(first + "/device_path", world().device), done);
  EXPECT_EQ(write(first + "/enable", "1"), done);
}

TEST_F(Namespace, DisabledReadsBack) {
  given_enabled_namespace("toto", "1");
  EXPECT_EQ(write(first + "/enable", "0"), done);
  EXPECT_FALSE(is_enabled("toto", "1"));
}

TEST_F(Namespace, PathIsEbusyWhileEnabled) {
  given_enabled_namespace("toto", "1");
  EXPECT_EQ(write(first + "/device_path", world().other_device), EBUSY);
  EXPECT_EQ(namespace_attribute("toto", "1", "device_path"), world().device);
}

TEST_F(Namespace, PathIsEbusyWhileEnabledEvenWhenTheSame) {
  given_enabled_namespace("toto", "1");
  EXPECT_EQ(write(first + "/device_path", world().device), EBUSY);
}

TEST_F(Namespace, UuidIsEbusyWhileEnabled) {
  given_enabled_namespace("toto", "1");
  EXPECT_EQ(write(first + "/device_uuid", "0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab"), EBUSY);
}

TEST_F(Namespace, NguidIsEbusyWhileEnabled) {
  given_enabled_namespace("toto", "1");
  EXPECT_EQ(write(first + "/device_nguid", "00112233445566778899aabbccddeeff"), EBUSY);
}

TEST_F(Namespace, EverythingIsEditableAgainOnceDisabled) {
  given_enabled_namespace("toto", "1");
  ASSERT_EQ(write(first + "/enable", "0"), done);
  EXPECT_EQ(write(first + "/device_path", world().other_device), done);
  EXPECT_EQ(write(first + "/device_uuid", "0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab"), done);
}

TEST_F(Namespace, RmdirWhileEnabledIsDone) {
  given_enabled_namespace("toto", "1");
  EXPECT_EQ(rmdir(first), done);
}

TEST_F(Namespace, RmdirWhileAPortServesItIsDone) {
  given_enabled_namespace("toto", "1");
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(rmdir(first), done);
}

TEST_F(Namespace, CanBeMadeWhileAPortServesTheSubsystem) {
  given_linked_port("1", tcp(world().traddr), "toto");
  given_enabled_namespace("toto", "1");
  EXPECT_TRUE(is_enabled("toto", "1"));
}

TEST_F(Namespace, OfAnotherSubsystemMayHaveTheSameUuid) {
  given_subsystem("titi");
  ASSERT_EQ(mkdir(first), done);
  ASSERT_EQ(mkdir("subsystems/titi/namespaces/1"), done);
  const std::string uuid = "0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab";
  EXPECT_EQ(write(first + "/device_uuid", uuid), done);
  EXPECT_EQ(write("subsystems/titi/namespaces/1/device_uuid", uuid), done);
}

TEST_F(Namespace, IsBufferedOnlyFromBeforeItIsEnabled) {
  given_namespace("toto", "1");
  EXPECT_EQ(namespace_attribute("toto", "1", "buffered_io"), "0");
  EXPECT_EQ(write("subsystems/toto/namespaces/1/buffered_io", "1"), done);
  EXPECT_EQ(namespace_attribute("toto", "1", "buffered_io"), "1");
  ASSERT_EQ(write("subsystems/toto/namespaces/1/enable", "1"), done);
  EXPECT_EQ(write("subsystems/toto/namespaces/1/buffered_io", "0"), EINVAL);
}

TEST_F(Namespace, BufferedTakesAFileWithoutDirectIo) {
  given_namespace("toto", "1");
  ASSERT_EQ(write("subsystems/toto/namespaces/1/device_path", world().tmpfs_file), done);
  ASSERT_EQ(write("subsystems/toto/namespaces/1/buffered_io", "1"), done);
  EXPECT_EQ(write("subsystems/toto/namespaces/1/enable", "1"), done);
}

}  // namespace
}  // namespace nvmeofs::contract
