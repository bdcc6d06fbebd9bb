// The probes on a real kernel, in a guest of scripts/vm that scripts/vm-fabric has prepared: what
// needs device-mapper, LVM, MD, udev or RDMA.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "../support/wait_until.h"
#include "../unit/probe_support.h"
#include "probe/address_probe.h"
#include "probe/check.h"
#include "probe/device_probe.h"
#include "probe/kernel_modules.h"
#include "scsi_disk.h"

namespace nvmeofs::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

// Shell commands that undo what a test has made, in reverse order.
class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    for (auto command = commands_.rbegin(); command != commands_.rend(); ++command) {
      EXPECT_NO_THROW(run(*command)) << *command;
    }
  }
  void later(std::string command) { commands_.push_back(std::move(command)); }

 private:
  std::vector<std::string> commands_;
};

class RealDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    // What an earlier test has left of signatures; a program started costs a second here.
    for (const std::string& disk : {disk_, second_}) write_at(disk, 0, std::string(65536, '\0'));
  }

  Error refused(const std::string& text) {
    const auto result = devices_.examine(device_path(text), Members::refuse);
    if (!result) return result.error();
    ADD_FAILURE() << text << " was taken";
    return {};
  }

  Error refused(const std::string& text, Reason reason) {
    const Error error = refused(text);
    EXPECT_EQ(error.errnum, EBUSY) << error.message;
    EXPECT_EQ(error.reason, reason) << error.message;
    return error;
  }

  void taken(const std::string& text) {
    const auto result = devices_.claim(device_path(text), Members::refuse);
    EXPECT_TRUE(result) << text << ": " << result.error().message;
  }

  const std::string disk_ = "/dev/ram0";
  const std::string second_ = "/dev/ram1";
  PrivateNamespace mounts_{CLONE_NEWNS};
  MachineDevices devices_;
  Undo undo_;
};

TEST_F(RealDevice, IsTakenWhenNobodyUsesIt) {
  taken(disk_);
  taken("/dev/nullb0");
}

TEST_F(RealDevice, IsRefusedWhileMounted) {
  run("mkfs.ext4 -q /dev/nullb0");
  undo_.later("wipefs -qa /dev/nullb0");
  const MountedAt mount("/dev/nullb0", "/mnt", "ext4");
  EXPECT_EQ(
      refused("/dev/nullb0", Reason::device_in_use).message,
      "mounted on /mnt (ext4); unmount it first, or write '/dev/nullb0 force' to serve it all "
      "the same");
}

TEST_F(RealDevice, IsRefusedWhileSwappedTo) {
  const SwapOn swap("/dev/nullb1");
  EXPECT_THAT(refused("/dev/nullb1", Reason::device_in_use).message,
              StartsWith("in use as swap; 'swapoff /dev/nullb1' frees it, or "));
}

TEST_F(RealDevice, IsRefusedReadOnly) {
  run("blockdev --setro " + disk_);
  undo_.later("blockdev --setrw " + disk_);
  const Error error = refused(disk_);
  EXPECT_EQ(error.errnum, EROFS);
  EXPECT_EQ(error.reason, Reason::device_read_only);
}

TEST_F(RealDevice, IsRefusedUnderDeviceMapper) {
  run("dmsetup create upper --table '0 2048 linear " + disk_ + " 0'");
  undo_.later("dmsetup remove --retry upper");
  EXPECT_EQ(
      refused(disk_, Reason::device_in_use).message,
      "held by the device-mapper device /dev/mapper/upper; 'dmsetup remove upper' frees it, or "
      "write '/dev/ram0 force' to serve it all the same");
  taken(disk_ + " force");
  taken("/dev/mapper/upper");
}

TEST_F(RealDevice, IsRefusedUnderAMountedMapping) {
  run("dmsetup create upper --table '0 65536 linear " + disk_ + " 0'");
  undo_.later("dmsetup remove --retry upper");
  run("mkfs.ext4 -q /dev/mapper/upper");
  const MountedAt mount("/dev/mapper/upper", "/mnt", "ext4");
  EXPECT_THAT(
      refused(disk_, Reason::device_in_use).message,
      StartsWith("held by the device-mapper device /dev/mapper/upper, which is mounted on "
                 "/mnt (ext4); unmount it first, then 'dmsetup remove upper' frees it, or "));
}

TEST_F(RealDevice, IsRefusedWhileSuspendedInsteadOfWaitedFor) {
  run("dmsetup create upper --table '0 2048 linear " + disk_ + " 0'");
  undo_.later("dmsetup remove --retry upper");
  run("dmsetup suspend upper");
  undo_.later("dmsetup resume upper");
  EXPECT_THAT(refused("/dev/mapper/upper", Reason::device_in_use).message,
              StartsWith("suspended by device-mapper, so that every access waits; 'dmsetup resume "
                         "upper' lets it go on, or "));
}

// An active volume my-vg/data on a disk, made once: LVM's programs are slow to start.
class LvmVolume : public RealDevice {
 protected:
  static void SetUpTestSuite() {
    run("pvcreate -qq -y " + physical_);
    run("vgcreate -qq my-vg " + physical_);
    run("lvcreate -qq -y -Wn -Zn -L 32M -n data my-vg");
  }
  static void TearDownTestSuite() {
    EXPECT_NO_THROW(run("vgremove -qq -f -y my-vg"));
    EXPECT_NO_THROW(run("pvremove -qq -y " + physical_));
  }

  inline static const std::string physical_ = "/dev/ram2";
};

TEST_F(LvmVolume, KeepsItsDiskRefusedWhileActive) {
  EXPECT_THAT(refused(physical_, Reason::device_in_use).message,
              StartsWith("held by the LVM volume my-vg/data; 'vgchange -an my-vg' frees it, or "));
  taken("/dev/my-vg/data");
}

TEST_F(LvmVolume, KeepsItsDiskRefusedWhenNotActive) {
  run("vgchange -qq -an my-vg");
  undo_.later("vgchange -qq -ay my-vg");
  EXPECT_THAT(refused(physical_, Reason::device_member).message,
              StartsWith("a physical volume of LVM, not in use now, but the next boot may take it "
                         "back; "));
  taken(physical_ + " force");
}

TEST_F(LvmVolume, KeepsItsDiskRefusedUnderTheSystemEvenWithForce) {
  run("mkfs.ext4 -q /dev/my-vg/data");
  const MountedAt mount("/dev/my-vg/data", "/boot", "ext4");
  for (const std::string& text : {physical_, std::string("/dev/my-vg/data")}) {
    refused(text + " force", Reason::device_system);
  }
  taken(second_);
}

TEST_F(RealDevice, OfMdIsRefusedWhileTheArrayRunsAndWhenItIsStopped) {
  run("modprobe raid1 && mdadm --create /dev/md7 --run --level=1 --raid-devices=2 --metadata=1.2 " +
      disk_ + " " + second_ + "");
  undo_.later("mdadm --zero-superblock " + disk_ + " " + second_);
  EXPECT_THAT(refused(disk_, Reason::device_in_use).message,
              StartsWith("held by the MD array /dev/md7; 'mdadm --stop /dev/md7' frees it, or "));
  taken("/dev/md7");
  run("mdadm --stop /dev/md7");
  EXPECT_THAT(refused(disk_, Reason::device_member).message, StartsWith("a member of an MD array"));
}

TEST_F(RealDevice, IsRefusedAsAPathOfAMultipathDisk) {
  // multipathd says so by this property; it is not needed to say it.
  const std::string rule = "/run/udev/rules.d/99-probe-test.rules";
  std::filesystem::create_directories("/run/udev/rules.d");
  std::ofstream(rule) << "KERNEL==\"ram0\", ENV{DM_MULTIPATH_DEVICE_PATH}=\"1\"\n";
  run("udevadm control --reload && udevadm trigger --settle " + disk_);
  undo_.later("udevadm control --reload && udevadm trigger --settle " + disk_);
  undo_.later("rm " + rule);
  EXPECT_THAT(refused(disk_, Reason::device_member).message,
              StartsWith("a path of a multipath disk, not in use now"));
}

TEST_F(RealDevice, ClaimKeepsLvmAndMountFromIt) {
  const auto claim = devices_.claim(device_path(disk_), Members::refuse);
  ASSERT_TRUE(claim) << claim.error().message;
  EXPECT_THROW(run("pvcreate -qq -y " + disk_), std::runtime_error);
  EXPECT_EQ(mount(disk_.c_str(), "/mnt", "ext4", 0, nullptr), -1);
  EXPECT_EQ(errno, EBUSY);
}

TEST_F(RealDevice, ExaminationMakesNoEventThatUdevWouldScanItFor) {
  run("udevadm settle");
  const auto sequence = [] {
    std::ifstream file("/sys/kernel/uevent_seqnum");
    std::uint64_t number = 0;
    file >> number;
    return number;
  };
  const auto before = sequence();
  for (int times = 0; times < 5; ++times) taken(disk_);
  run("udevadm settle");
  EXPECT_EQ(sequence(), before);
}

std::string identity_of(const std::string& text) {
  const auto examined = MachineDevices().examine(device_path(text), Members::allow);
  if (examined) return examined->identity.text;
  ADD_FAILURE() << text << ": " << examined.error().message;
  return {};
}

TEST_F(RealDevice, SaysNothingWithoutAnIdentity) {
  for (const char* disk : {"/dev/nullb0", "/dev/ram0"}) EXPECT_EQ(identity_of(disk), "") << disk;
}

TEST_F(RealDevice, OfDeviceMapperSaysItsUuid) {
  run("dmsetup create upper --uuid TEST-abc --table '0 2048 linear " + disk_ + " 0'");
  undo_.later("dmsetup remove --retry upper");
  EXPECT_EQ(identity_of("/dev/mapper/upper"), "dm TEST-abc");
}

TEST_F(RealDevice, OfDeviceMapperSaysNothingWithoutAUuid) {
  run("dmsetup create upper --table '0 2048 linear " + disk_ + " 0'");
  undo_.later("dmsetup remove --retry upper");
  EXPECT_EQ(identity_of("/dev/mapper/upper"), "");
}

TEST_F(LvmVolume, SaysItsUuid) {
  EXPECT_THAT(identity_of("/dev/my-vg/data"), MatchesRegex("dm LVM-[A-Za-z0-9]{64}"));
}

// At first the UUID is udev's, after the next start it is the kernel's.
TEST_F(RealDevice, OfMdIsTheSameWhenTheArrayIsStartedAgain) {
  for (const char* metadata : {"1.2", "0.90"}) {
    const std::string disks = disk_ + " " + second_;
    run("modprobe raid1 && mdadm --create /dev/md7 --run --level=1 --raid-devices=2 --metadata=" +
        std::string(metadata) + " " + disks + " && udevadm settle");
    const std::string made = identity_of("/dev/md7");
    EXPECT_THAT(made, MatchesRegex("md [0-9a-f]{32}")) << metadata;
    run("mdadm --stop /dev/md7 && mdadm --assemble /dev/md7 " + disks + " && udevadm settle");
    EXPECT_EQ(identity_of("/dev/md7"), made) << metadata;
    run("mdadm --stop /dev/md7 && mdadm --zero-superblock " + disks);
  }
}

class PulledDisk : public ::testing::Test {
 protected:
  std::unique_ptr<Claim> claim(const std::string& text) {
    auto claimed = devices_.claim(device_path(text), Members::refuse);
    if (claimed) return std::move(*claimed);
    throw std::runtime_error(text + ": " + claimed.error().message);
  }

  ScsiDisk disk_;
  MachineDevices devices_;
};

TEST_F(PulledDisk, IsTheSameUnderAnotherName) {
  const std::string first = disk_.node();
  const std::string identity = identity_of(first);
  EXPECT_THAT(identity, MatchesRegex("wwid naa\\.[0-9a-f]{16}"));
  const Fd somebody(open(first.c_str(), O_RDONLY | O_CLOEXEC));
  disk_.pull_out();
  disk_.plug_in();
  ASSERT_NE(disk_.node(), first);
  EXPECT_EQ(identity_of(disk_.node()), identity);
}

TEST_F(PulledDisk, IsNotPresentForItsClaimEvenWhenItIsBack) {
  const auto held = claim(disk_.node());
  EXPECT_TRUE(held->present());
  disk_.pull_out();
  EXPECT_FALSE(held->present());
  disk_.plug_in();
  EXPECT_FALSE(held->present());
  EXPECT_TRUE(claim(disk_.node())->present());
}

TEST_F(PulledDisk, IsPresentForItsClaimWithTheSizeThatItHasGrownTo) {
  const auto held = claim(disk_.node());
  EXPECT_EQ(held->bytes(), 64U << 20);
  disk_.grow_to_a_gibibyte();
  EXPECT_TRUE(wait_until([&] { return held->bytes() == 1U << 30; })) << held->bytes();
  EXPECT_TRUE(held->present());
}

TEST_F(PulledDisk, TakesItsPartitionsClaimsWithIt) {
  const std::string node = disk_.node();
  const std::string uuid = "11111111-2222-4333-8444-555555555555";
  run("printf 'label: gpt\nsize=4MiB, uuid=" + uuid + "\n' | sfdisk -q " + node +
      " && udevadm settle");
  EXPECT_EQ(identity_of(node + "1"), "partuuid " + uuid + " on " + identity_of(node));
  const auto held = claim(node + "1");
  EXPECT_TRUE(held->present());
  EXPECT_EQ(held->bytes(), 4U << 20);
  disk_.pull_out();
  EXPECT_FALSE(held->present());
  disk_.plug_in();
  EXPECT_FALSE(held->present());
}

class RealAddress : public ::testing::Test {
 protected:
  Error refused(const std::string& text) {
    const auto result = addresses_.check(TransportAddress::parse(text, Trtype::rdma).value());
    if (!result) return result.error();
    ADD_FAILURE() << text << " was taken";
    return {};
  }

  void taken(const std::string& text) {
    const auto result = addresses_.check(TransportAddress::parse(text, Trtype::rdma).value());
    EXPECT_TRUE(result) << text << ": " << result.error().message;
  }

  MachineAddresses addresses_{NVMEOFS_RDMA_BIND};
};

TEST_F(RealAddress, OnAnRdmaDeviceIsTaken) {
  taken("192.168.1.32");
  taken("rdma://192.168.1.33:4421");
}

TEST_F(RealAddress, WildcardIsTakenWithAnRdmaDevice) {
  taken("rdma://0.0.0.0");
  taken("rdma://[::]");
}

TEST_F(RealAddress, LinkLocalOnAnRdmaDeviceIsTaken) {
  run("ip address replace fe80::1:32/64 dev v0 nodad");
  Undo undo;
  undo.later("ip address del fe80::1:32/64 dev v0");
  taken("rdma://[fe80::1:32%v0]");
}

TEST_F(RealAddress, WithoutAnRdmaDeviceIsRefusedWithTheWaysOut) {
  const Error error = refused("rdma://192.168.2.32");
  EXPECT_EQ(error.errnum, ENODEV);
  EXPECT_EQ(error.reason, Reason::no_rdma_device);
  EXPECT_EQ(
      error.message,
      "it is on v2, and no RDMA device answers for that (this machine's RDMA devices: rxe0 on "
      "v0); write tcp://192.168.2.32:4420 to serve it over TCP, or make a soft one with 'rdma "
      "link add rxe_v2 type rxe netdev v2'");
  taken("tcp://192.168.2.32");
}

// Deleting the device again also proves that nothing of it is kept open: it would wait for that.
TEST_F(RealAddress, WayOutWorks) {
  run("rdma link add rxe_v2 type rxe netdev v2");
  Undo undo;
  undo.later("timeout 60 rdma link delete rxe_v2");
  taken("rdma://192.168.2.32");
}

TEST_F(RealAddress, LoopbackIsRefusedWithRdma) {
  const Error error = refused("rdma://127.0.0.1");
  EXPECT_EQ(error.errnum, ENODEV);
  EXPECT_EQ(error.reason, Reason::address_loopback);
}

TEST_F(RealAddress, OfAnotherMachineIsRefusedAsSuch) {
  const Error error = refused("rdma://192.168.1.99");
  EXPECT_EQ(error.errnum, EADDRNOTAVAIL);
  EXPECT_EQ(error.reason, Reason::address_not_local);
}

TEST_F(RealAddress, IsFoundOutWithoutItsModuleLoadedBefore) {
  run("modprobe -r rdma_ucm");
  taken("rdma://192.168.1.32");
  EXPECT_EQ(module_state("rdma_ucm"), ModuleState::loaded);
}

TEST_F(RealAddress, LooksWithoutLeavingMoreAndMoreOpen) {
  taken("rdma://192.168.1.32");
  const std::size_t before = open_descriptors();
  for (int times = 0; times < 5; ++times) {
    taken("rdma://192.168.1.32");
    refused("rdma://192.168.2.32");
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(RealAddress, WithoutAnyRdmaDeviceIsRefused) {
  run("timeout 60 rdma link delete rxe0");
  Undo undo;
  undo.later("rdma link add rxe0 type rxe netdev v0");
  for (const char* text : {"rdma://192.168.1.32", "rdma://0.0.0.0"}) {
    const Error error = refused(text);
    EXPECT_EQ(error.errnum, ENODEV) << text;
    EXPECT_EQ(error.reason, Reason::no_rdma_device) << text;
    EXPECT_THAT(error.message, HasSubstr("this machine has no RDMA device")) << text;
  }
}

// librdmacm has a driver in user space for each kind of adapter, from the package
// ibverbs-providers. Without it the kernel's target would serve all the same.
TEST_F(RealAddress, WithoutADriverOfLibrdmacmIsRefusedWithThePackage) {
  const PrivateNamespace mounts(CLONE_NEWNS);
  const MountedAt empty("none", "/etc/libibverbs.d", "tmpfs");
  for (const std::string host : {"192.168.1.32", "0.0.0.0"}) {
    const Error error = refused("rdma://" + host);
    EXPECT_EQ(error.errnum, ENODEV) << host;
    EXPECT_EQ(error.reason, Reason::no_rdma_device) << host;
    EXPECT_EQ(error.message,
              "librdmacm has no driver for the RDMA device rxe0; install the package "
              "ibverbs-providers; write tcp://" +
                  host + ":4420 to serve it over TCP");
  }
  EXPECT_THAT(refused("rdma://192.168.2.32").message,
              StartsWith("it is on v2, and no RDMA device answers for that"));
}

TEST_F(RealAddress, IsRefusedWithWhatIsMissingInDev) {
  const PrivateNamespace mounts(CLONE_NEWNS);
  run("cp -a /dev/infiniband/rdma_cm /dev/rdma_cm");
  Undo undo;
  undo.later("rm /dev/rdma_cm");
  const MountedAt empty("none", "/dev/infiniband", "tmpfs");
  EXPECT_THAT(refused("rdma://192.168.1.32").message,
              StartsWith("the RDMA connection manager (/dev/infiniband/rdma_cm) cannot be asked: "
                         "No such file or directory; write tcp://"));
  run("cp -a /dev/rdma_cm /dev/infiniband/rdma_cm");
  EXPECT_THAT(refused("rdma://192.168.1.32").message,
              StartsWith("librdmacm cannot use the RDMA device rxe0: /dev/infiniband/uverbs0 is "
                         "missing; "));
}

TEST(RealModule, IsLoadedWhenAskedFor) {
  run("modprobe -r nvmet_tcp");
  ASSERT_EQ(module_state("nvmet_tcp"), ModuleState::available);
  const auto loaded = load_module("nvmet-tcp");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(module_state("nvmet_tcp"), ModuleState::loaded);
  EXPECT_TRUE(load_module("nvmet_tcp"));
  run("modprobe -r nvmet_tcp");
}

TEST(RealModule, IsAbsentWithoutTheModulesOfThisKernel) {
  const PrivateNamespace mounts(CLONE_NEWNS);
  run("modprobe -r nvmet_tcp");
  const MountedAt empty("none", "/lib/modules", "tmpfs");
  EXPECT_EQ(module_state("nvmet_tcp"), ModuleState::absent);
  const auto loaded = load_module("nvmet_tcp");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().reason, Reason::no_module);
  EXPECT_THAT(loaded.error().message, HasSubstr(" is missing: boot the kernel whose modules are"));
}

TEST(RealCheck, FindsEverythingOnThisMachine) {
  for (const CheckLine& line : check_machine(NVMEOFS_RDMA_BIND)) {
    EXPECT_TRUE(line.ok) << line.what << ": " << line.found << "; " << line.mend;
  }
}

TEST(RealCheck, NamesTheAddressesOfAnRdmaDevice) {
  const auto lines = check_machine(NVMEOFS_RDMA_BIND);
  const auto rxe = std::find_if(lines.begin(), lines.end(),
                                [](const auto& line) { return line.what == "rdma device rxe0"; });
  ASSERT_NE(rxe, lines.end());
  EXPECT_THAT(rxe->found, StartsWith("192.168.1.32 (v0), 192.168.1.33 (v0)"));
}

TEST(RealCheck, NamesThePackageOfTheDriverThatLibrdmacmLacks) {
  const PrivateNamespace mounts(CLONE_NEWNS);
  const MountedAt empty("none", "/etc/libibverbs.d", "tmpfs");
  const auto lines = check_machine(NVMEOFS_RDMA_BIND);
  const auto line = std::find_if(lines.begin(), lines.end(),
                                 [](const auto& each) { return each.what == "librdmacm"; });
  ASSERT_NE(line, lines.end());
  EXPECT_FALSE(line->ok);
  EXPECT_EQ(line->found, "librdmacm has no driver for the RDMA device rxe0");
  EXPECT_EQ(line->mend, "install the package ibverbs-providers");
}

}  // namespace
}  // namespace nvmeofs::test
