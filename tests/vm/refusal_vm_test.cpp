// What is refused, at the write that is wrong: with the errno of view.md's table, a sentence in
// status that says why, and nothing changed.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class Refusal : public ViewTest {
 protected:
  void SetUp() override {
    ViewTest::SetUp();
    EXPECT_EQ(make_export("toto"), "ok");
  }
  void TearDown() override {
    EXPECT_EQ(remove_export("toto"), "ok");
    ViewTest::TearDown();
  }

  // The value is not taken; status has "refused SYMBOL reason: …" with the value in it.
  static void expect_refused(const std::string& file, const std::string& value,
                             const std::string& symbol, const std::string& reason,
                             const std::string& sentence) {
    const std::string old = get("toto", file);
    EXPECT_EQ(set("toto", file, value), symbol) << value;
    EXPECT_EQ(get("toto", file), old);
    EXPECT_THAT(status_lines("toto", "refused"),
                AllOf(StartsWith(fmt::format("refused {} {}: ", symbol, reason)),
                      HasSubstr("exports/toto/" + file), HasSubstr(value), HasSubstr(sentence)));
  }
  static void expect_device_refused(const std::string& value, const std::string& symbol,
                                    const std::string& reason, const std::string& sentence) {
    expect_refused("device", value, symbol, reason, sentence);
  }
};

TEST_F(Refusal, OfADiskThatIsMountedNamesTheMountPoint) {
  const Afterwards unmounted("umount /run/there; wipefs -qa /dev/ram0");
  run("mkfs.ext4 -q -F /dev/ram0 && mkdir -p /run/there && mount /dev/ram0 /run/there");
  expect_device_refused("/dev/ram0", "EBUSY", "device-in-use", "mounted on /run/there");
  run("echo data > /run/there/file && sync");
}

TEST_F(Refusal, OfADiskWhosePartitionIsMountedNamesBoth) {
  const Afterwards unmounted("umount /run/there; delpart /dev/nullb1 1; wipefs -qa /dev/nullb1");
  run("addpart /dev/nullb1 1 2048 131072 && udevadm settle && mkfs.ext4 -q -F /dev/nullb1p1 && "
      "mkdir -p /run/there && mount /dev/nullb1p1 /run/there");
  expect_device_refused("/dev/nullb1", "EBUSY", "device-in-use", "/dev/nullb1p1");
  EXPECT_THAT(status_lines("toto", "refused"), HasSubstr("mounted on /run/there"));
  expect_device_refused("/dev/nullb1p1", "EBUSY", "device-in-use", "mounted on /run/there");
}

TEST_F(Refusal, OfADiskMountedInAnotherMountNamespace) {
  const Afterwards unmounted("kill $(< /run/elsewhere.pid); wipefs -qa /dev/ram0");
  run(R"(mkfs.ext4 -q -F /dev/ram0 && mkdir -p /run/there
    setsid unshare --mount sh -c '
      mount /dev/ram0 /run/there && echo $$ > /run/elsewhere.pid && exec sleep 600
    ' </dev/null >/dev/null 2>&1 &)");
  ASSERT_TRUE(eventually([] { return sh("test -s /run/elsewhere.pid").status == 0; }));
  expect_device_refused("/dev/ram0", "EBUSY", "device-in-use", "another mount namespace");
}

TEST_F(Refusal, OfAnActiveSwap) {
  const Afterwards off("swapoff /dev/ram1; wipefs -qa /dev/ram1");
  run("mkswap -q /dev/ram1 && swapon /dev/ram1");
  expect_device_refused("/dev/ram1", "EBUSY", "device-in-use", "swap");
}

TEST_F(Refusal, OfADiskThatDeviceMapperHoldsNamesTheHolder) {
  const Afterwards gone("dmsetup remove --retry holder");
  run("echo '0 65536 linear /dev/ram2 0' | dmsetup create holder && udevadm settle");
  expect_device_refused("/dev/ram2", "EBUSY", "device-in-use", "holder");
}

TEST_F(Refusal, OfAnIdleMemberOfAVolumeGroup) {
  const Afterwards gone("wipefs -qa /dev/ram2");
  run("pvcreate -qq -y /dev/ram2 && udevadm settle");
  expect_device_refused("/dev/ram2", "EBUSY", "device-member", "LVM");
}

TEST_F(Refusal, OfADiskInUseIsLiftedByForceWhichReadsBack) {
  const Afterwards unmounted("umount /run/there; wipefs -qa /dev/ram0");
  run("mkfs.ext4 -q -F /dev/ram0 && mkdir -p /run/there && mount -o ro /dev/ram0 /run/there");
  expect_device_refused("/dev/ram0", "EBUSY", "device-in-use", "/dev/ram0 force");
  EXPECT_EQ(set("toto", "device", "/dev/ram0 force"), "ok");
  EXPECT_EQ(get("toto", "device"), "/dev/ram0 force");
  EXPECT_EQ(set("toto", "address", "tcp://192.168.1.32"), "ok");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(set("toto", "enabled", "0"), "ok");
}

TEST_F(Refusal, OfADiskThatAnotherExportServesUnderAnyName) {
  const Afterwards removed("rm -f /dev/disk/by-id/test-nullb0 /dev/other-nullb0");
  run("mkdir -p /dev/disk/by-id && ln -s ../../nullb0 /dev/disk/by-id/test-nullb0 && "
      "cp -a /dev/nullb0 /dev/other-nullb0");
  serve("first", "/dev/nullb0", "tcp://192.168.1.32");
  for (const auto* path : {"/dev/nullb0", "/dev/disk/by-id/test-nullb0", "/dev/other-nullb0"})
    expect_device_refused(path, "EBUSY", "device-served", "first");
  take_down("first");
}

TEST_F(Refusal, OfADiskThatWasFreeWhenItWasWrittenComesWhenEnabling) {
  EXPECT_EQ(set("toto", "device", "/dev/nullb0"), "ok");
  EXPECT_EQ(set("toto", "address", "tcp://192.168.1.32"), "ok");
  serve("first", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree first = nvmet_tree();
  EXPECT_EQ(set("toto", "enabled", "1"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), StartsWith("refused EBUSY device-served: "));
  EXPECT_EQ(difference(first, nvmet_tree()), "");
  take_down("first");

  const Afterwards unmounted("umount /run/there; wipefs -qa /dev/nullb0");
  run("mkfs.ext4 -q -F /dev/nullb0 && mkdir -p /run/there && mount /dev/nullb0 /run/there");
  EXPECT_EQ(set("toto", "enabled", "1"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), HasSubstr("mounted on /run/there"));
  EXPECT_EQ(changes(), "");
}

TEST_F(Refusal, OfAPartOfADiskThatIsServed) {
  const Afterwards gone("delpart /dev/nullb1 1");
  run("addpart /dev/nullb1 1 2048 131072 && udevadm settle");
  serve("first", "/dev/nullb1", "tcp://192.168.1.32");
  expect_device_refused("/dev/nullb1p1", "EBUSY", "device-served", "first");
  take_down("first");
  serve("first", "/dev/nullb1p1", "tcp://192.168.1.32");
  expect_device_refused("/dev/nullb1", "EBUSY", "device-served", "first");
  take_down("first");
}

TEST_F(Refusal, OfADiskThatASubsystemMadeByHandServes) {
  const Afterwards gone(fmt::format("rmdir {0}/hand/namespaces/1 {0}/hand", nvmet + "/subsystems"));
  make_subsystem("hand", "/dev/nullb0");
  EXPECT_TRUE(eventually([] { return state_of("hand") == "foreign"; }));
  expect_device_refused("/dev/nullb0", "EBUSY", "device-served", "hand");
}

TEST_F(Refusal, OfWhatIsNoDisk) {
  expect_device_refused("/dev/no-such-disk", "ENOENT", "device-missing", "");
  expect_device_refused("/dev/null", "ENOTBLK", "device-kind", "");
  expect_device_refused("/run", "ENOTBLK", "device-kind", "");
  expect_device_refused("nullb0", "EINVAL", "bad-value", "");
}

TEST_F(Refusal, OfAReadOnlyDisk) {
  const Afterwards writable("blockdev --setrw /dev/ram3");
  run("blockdev --setro /dev/ram3");
  expect_device_refused("/dev/ram3", "EROFS", "device-read-only", "");
}

TEST_F(Refusal, OfAFileOfThisVeryMount) {
  expect_device_refused(mountpoint + "/README", "ELOOP", "device-loop", "");
  expect_device_refused(exports + "toto/device", "ELOOP", "device-loop", "");
}

TEST_F(Refusal, OfAnAddressThatIsNotOfThisMachineListsThoseThatAre) {
  expect_refused("address", "tcp://10.9.9.9", "EADDRNOTAVAIL", "address-not-local", "192.168.1.32");
  expect_refused("address", "10.9.9.9", "EADDRNOTAVAIL", "address-not-local", "192.168.1.32");
}

TEST_F(Refusal, OfRdmaOnLoopbackNamesTcp) {
  expect_refused("address", "127.0.0.1", "ENODEV", "address-loopback", "tcp://127.0.0.1:4420");
  expect_refused("address", "[::1]", "ENODEV", "address-loopback", "tcp://[::1]:4420");
}

TEST_F(Refusal, OfRdmaWhereNoRdmaDeviceIsNamesTcpWhichIsTaken) {
  expect_refused("address", "192.168.2.32", "ENODEV", "no-rdma-device", "tcp://192.168.2.32:4420");
  EXPECT_EQ(set("toto", "address", "tcp://192.168.2.32:4420"), "ok");
  EXPECT_EQ(status_lines("toto", "refused"), "");
}

TEST_F(Refusal, OfWhatIsNoAddress) {
  for (const auto* value : {"localhost", "nvmeofs-vm:4420", "192.168.1", "192.168.1.32:0",
                            "192.168.1.32:65536", "192.168.1.32:nvme", "192.168.1.32 4420"})
    expect_refused("address", value, "EINVAL", "bad-value", "");
  expect_refused("address", "iscsi://192.168.1.32", "EPROTONOSUPPORT", "unknown-transport", "");
}

TEST_F(Refusal, OfAListWithOneBadEntryTakesNone) {
  EXPECT_EQ(set("toto", "address", "tcp://192.168.1.33"), "ok");
  EXPECT_EQ(set("toto", "address", "tcp://192.168.1.32\ntcp://10.9.9.9"), "EADDRNOTAVAIL");
  EXPECT_EQ(get("toto", "address"), "tcp://192.168.1.33:4420");
}

TEST_F(Refusal, OfEnablingWhatIsIncompleteSaysWhatIsMissing) {
  expect_refused("enabled", "1", "EINVAL", "incomplete", "device");
  EXPECT_EQ(set("toto", "device", "/dev/nullb0"), "ok");
  expect_refused("enabled", "1", "EINVAL", "incomplete", "address");
  EXPECT_EQ(changes(), "");
}

TEST_F(Refusal, OfRmdirWhileEnabled) {
  serve("first", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree enabled = nvmet_tree();
  EXPECT_EQ(remove_export("first"), "EBUSY");
  EXPECT_EQ(difference(enabled, nvmet_tree()), "");
  EXPECT_EQ(state_of("first"), "enabled");
  take_down("first");
}

TEST_F(Refusal, OfANameThatNoHostCouldConnectTo) {
  EXPECT_EQ(make_export(std::string(223, 'x')), "ENAMETOOLONG");
  EXPECT_EQ(make_export("a,b"), "EINVAL");
  EXPECT_EQ(make_export("nqn.2014-08.org.nvmexpress.discovery"), "EINVAL");
  EXPECT_EQ(make_export("toto"), "EEXIST");
}

}  // namespace
}  // namespace nvmeofs::vm
