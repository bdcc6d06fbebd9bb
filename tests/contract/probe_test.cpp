// The simulated machine's disks and addresses: the refusals of view.md, by errno and reason.
#include "sim/sim_probe.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nvmeofs {
namespace {

DevicePath device(const std::string& text) {
  return DevicePath::parse(text).value();
}

TransportAddress address(const std::string& text) {
  return TransportAddress::parse(text, Trtype::rdma).value();
}

// What a probe said, as far as programs may look at it.
struct Verdict {
  int errnum = 0;
  std::string reason = "fine";
  bool operator==(const Verdict&) const = default;
};

void PrintTo(const Verdict& verdict, std::ostream* out) {
  *out << errno_name(verdict.errnum) << " " << verdict.reason;
}

template <class T>
Verdict verdict(const Result<T>& result) {
  if (result) return {};
  return {result.error().errnum, std::string(to_string(result.error().reason))};
}

Verdict refused(int errnum, Reason reason) {
  return {errnum, std::string(to_string(reason))};
}

const Verdict fine;

class SimDevicesTest : public testing::Test {
 protected:
  Result<Disk> examine(const std::string& text, Members members = Members::refuse) {
    return devices_.examine(device(text), members);
  }
  Result<std::unique_ptr<Claim>> claim(const std::string& text, Members members = Members::refuse) {
    return devices_.claim(device(text), members);
  }

  SimKernel kernel_{SimMachine::example()};
  SimDevices devices_{kernel_};
};

TEST_F(SimDevicesTest, TakeAFreeDisk) {
  EXPECT_EQ(verdict(examine("/dev/nvme0n1")), fine);
}

TEST_F(SimDevicesTest, TakeARegularFile) {
  EXPECT_EQ(verdict(examine("/srv/disk.img")), fine);
  EXPECT_FALSE(devices_.identify("/srv/disk.img").value().block);
}

TEST_F(SimDevicesTest, KnowADiskByItsOtherNames) {
  const DeviceId id = devices_.identify("/dev/nvme0n1").value();
  EXPECT_TRUE(devices_.identify("/dev/disk/by-id/nvme-SIM_1TB_0001").value().same(id));
  EXPECT_TRUE(devices_.identify("/dev/./disk/..//nvme0n1").value().same(id));
  EXPECT_FALSE(devices_.identify("/dev/nvme1n1").value().same(id));
}

TEST_F(SimDevicesTest, KnowWhichDiskAPartitionIsOn) {
  const DeviceId disk = devices_.identify("/dev/sdd").value();
  EXPECT_TRUE(devices_.identify("/dev/sdd1").value().overlaps(disk));
  EXPECT_FALSE(devices_.identify("/dev/sdb").value().overlaps(disk));
}

TEST_F(SimDevicesTest, CountWhatADiskDoes) {
  const DeviceId disk = devices_.identify("/dev/nvme0n1").value();
  EXPECT_GT(devices_.io(disk).value().bytes_read, 0U);
  EXPECT_EQ(devices_.io(disk).value(), devices_.io(disk).value());
}

TEST_F(SimDevicesTest, CountNothingOfAFile) {
  EXPECT_EQ(verdict(devices_.io(devices_.identify("/srv/disk.img").value())),
            refused(ENOTBLK, Reason::device_kind));
}

TEST_F(SimDevicesTest, CountNothingOfADiskThatIsGone) {
  const DeviceId disk = devices_.identify("/dev/nvme0n1").value();
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.erase("/dev/nvme0n1"); });
  EXPECT_EQ(verdict(devices_.io(disk)), refused(ENOENT, Reason::device_missing));
}

TEST_F(SimDevicesTest, RefuseAMissingPath) {
  EXPECT_EQ(verdict(devices_.identify("/dev/sdz")), refused(ENOENT, Reason::device_missing));
}

TEST_F(SimDevicesTest, RefuseWhatIsNoDisk) {
  EXPECT_EQ(verdict(devices_.identify("/dev")), refused(ENOTBLK, Reason::device_kind));
  EXPECT_EQ(verdict(devices_.identify("/dev/null")), refused(ENOTBLK, Reason::device_kind));
}

TEST_F(SimDevicesTest, RefuseAReadOnlyDiskEvenByForce) {
  EXPECT_EQ(verdict(examine("/dev/sr0 force")), refused(EROFS, Reason::device_read_only));
}

TEST_F(SimDevicesTest, RefuseAMountedPartitionUnlessForced) {
  EXPECT_EQ(verdict(examine("/dev/sdd1")), refused(EBUSY, Reason::device_in_use));
  EXPECT_EQ(verdict(examine("/dev/sdd1 force")), fine);
}

TEST_F(SimDevicesTest, RefuseTheDiskOfAMountedPartitionAndNameIt) {
  const auto refusal = examine("/dev/sdd");
  EXPECT_EQ(verdict(refusal), refused(EBUSY, Reason::device_in_use));
  EXPECT_NE(refusal.error().message.find("/dev/sdd1 is mounted on /srv"), std::string::npos)
      << refusal.error().message;
}

TEST_F(SimDevicesTest, RefuseAnIdleMemberUnlessForced) {
  EXPECT_EQ(verdict(examine("/dev/sdc")), refused(EBUSY, Reason::device_member));
  EXPECT_EQ(verdict(examine("/dev/sdc force")), fine);
}

TEST_F(SimDevicesTest, TakeAnIdleMemberThatIsAllowed) {
  EXPECT_EQ(verdict(examine("/dev/sdc", Members::allow)), fine);
  EXPECT_EQ(verdict(claim("/dev/sdc", Members::allow)), fine);
}

TEST_F(SimDevicesTest, AllowNothingElseWithAnIdleMember) {
  kernel_.edit_machine([](SimMachine& machine) { machine.devices["/dev/sdc"].used_by = "swap"; });
  EXPECT_EQ(verdict(examine("/dev/sdc", Members::allow)), refused(EBUSY, Reason::device_in_use));
  EXPECT_EQ(verdict(examine("/dev/sr0", Members::allow)), refused(EROFS, Reason::device_read_only));
}

TEST_F(SimDevicesTest, SayWhichDiskItIsUnderWhateverName) {
  const Disk disk = examine("/dev/nvme0n1").value();
  EXPECT_EQ(disk.identity.text, "wwid eui.0000000000000001");
  EXPECT_TRUE(disk.device.same(devices_.identify("/dev/nvme0n1").value()));
  EXPECT_EQ(examine("/dev/disk/by-id/nvme-SIM_1TB_0001").value().identity, disk.identity);
  EXPECT_EQ(claim("/dev/nvme0n1").value()->identity(), disk.identity);
}

TEST_F(SimDevicesTest, RefuseTheSystemsDiskEvenByForce) {
  for (const char* path : {"/dev/sda", "/dev/sda1", "/dev/sda force", "/dev/sda1 force"}) {
    EXPECT_EQ(verdict(examine(path)), refused(EBUSY, Reason::device_system)) << path;
  }
}

TEST_F(SimDevicesTest, RefuseADiskOfNoSize) {
  kernel_.edit_machine([](SimMachine& machine) { machine.devices["/dev/sdb"].bytes = 0; });
  EXPECT_EQ(verdict(examine("/dev/sdb")), refused(EINVAL, Reason::bad_value));
}

TEST_F(SimDevicesTest, GiveADiskToOneClaimOnly) {
  const auto held = claim("/dev/sdb");
  ASSERT_EQ(verdict(held), fine);
  EXPECT_EQ(verdict(claim("/dev/sdb")), refused(EBUSY, Reason::device_in_use));
  EXPECT_EQ(verdict(examine("/dev/sdb")), refused(EBUSY, Reason::device_in_use));
  SimDevices somebody_else(kernel_);
  EXPECT_EQ(verdict(somebody_else.claim(device("/dev/sdb"), Members::refuse)),
            refused(EBUSY, Reason::device_in_use));
}

TEST_F(SimDevicesTest, GiveADiskToOneClaimOnlyWhateverItsName) {
  const auto held = claim("/dev/nvme0n1");
  EXPECT_EQ(verdict(claim("/dev/disk/by-id/nvme-SIM_1TB_0001")),
            refused(EBUSY, Reason::device_in_use));
}

TEST_F(SimDevicesTest, FreeADiskWithTheEndOfItsClaim) {
  auto held = claim("/dev/sdb");
  ASSERT_EQ(verdict(held), fine);
  held->reset();
  EXPECT_EQ(verdict(claim("/dev/sdb")), fine);
}

TEST_F(SimDevicesTest, ClaimNothingThatTheyRefuse) {
  EXPECT_EQ(verdict(claim("/dev/sdc")), refused(EBUSY, Reason::device_member));
  EXPECT_EQ(kernel_.machine().devices["/dev/sdc"].claim, 0U);
}

TEST_F(SimDevicesTest, LeaveTheFirstClaimWhenAForcedOneEnds) {
  const auto held = claim("/dev/sdb");
  auto forced = claim("/dev/sdb force");
  ASSERT_EQ(verdict(forced), fine);
  forced->reset();
  EXPECT_EQ(verdict(claim("/dev/sdb")), refused(EBUSY, Reason::device_in_use));
}

TEST_F(SimDevicesTest, EndAClaimOfADiskThatIsGone) {
  auto held = claim("/dev/sdb");
  ASSERT_EQ(verdict(held), fine);
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.erase("/dev/sdb"); });
  held->reset();
  EXPECT_EQ(verdict(devices_.identify("/dev/sdb")), refused(ENOENT, Reason::device_missing));
}

TEST_F(SimDevicesTest, KeepAClaimPresentWithTheSizeOfNow) {
  const auto held = claim("/dev/sdb");
  ASSERT_EQ(verdict(held), fine);
  EXPECT_TRUE((*held)->present());
  kernel_.edit_machine([](SimMachine& machine) { machine.devices["/dev/sdb"].bytes = 4711; });
  EXPECT_TRUE((*held)->present());
  EXPECT_EQ((*held)->bytes(), 4711U);
}

TEST_F(SimDevicesTest, MissAClaimedDiskThatWasPulledOut) {
  for (const char* text : {"/dev/sdb", "/dev/sdb force"}) {
    const SimDevice disk = kernel_.machine().devices["/dev/sdb"];
    const auto held = claim(text);
    ASSERT_EQ(verdict(held), fine);
    kernel_.edit_machine([](SimMachine& machine) { machine.devices.erase("/dev/sdb"); });
    EXPECT_FALSE((*held)->present()) << text;
    EXPECT_EQ((*held)->bytes(), 0U) << text;
    kernel_.edit_machine([&](SimMachine& machine) { machine.devices["/dev/sdb"] = disk; });
  }
}

TEST_F(SimDevicesTest, MissAClaimedDiskWhoseNumberAnotherHasByNow) {
  const auto held = claim("/dev/sdb");
  ASSERT_EQ(verdict(held), fine);
  kernel_.edit_machine([](SimMachine& machine) {
    const SimDevice old = machine.devices["/dev/sdb"];
    machine.devices["/dev/sdb"] = {.number = old.number, .bytes = old.bytes};
  });
  EXPECT_FALSE((*held)->present());
}

TEST_F(SimDevicesTest, LeaveTheClaimOfTheDiskThatStandsInTheOldOnesPlace) {
  auto held = claim("/dev/sdb");
  ASSERT_EQ(verdict(held), fine);
  kernel_.edit_machine([](SimMachine& machine) {
    machine.devices["/dev/sdb"] = {.number = 0x810, .bytes = 1 << 30};
  });
  const auto next = claim("/dev/sdb");
  ASSERT_EQ(verdict(next), fine);
  held->reset();
  EXPECT_TRUE((*next)->present());
  EXPECT_EQ(verdict(claim("/dev/sdb")), refused(EBUSY, Reason::device_in_use));
}

class SimAddressesTest : public testing::Test {
 protected:
  SimKernel kernel_{SimMachine::example()};
  SimAddresses addresses_{kernel_};
};

TEST_F(SimAddressesTest, TakeAnAddressThatAnRdmaDeviceAnswersFor) {
  EXPECT_EQ(verdict(addresses_.check(address("192.168.1.32"))), fine);
  EXPECT_EQ(verdict(addresses_.check(address("[fd00::32]"))), fine);
}

TEST_F(SimAddressesTest, TakeAnyLocalAddressOverTcp) {
  for (const char* text : {"tcp://10.0.0.5", "tcp://127.0.0.1", "tcp://127.0.0.9", "tcp://[::1]",
                           "tcp://[fe80::1%eth0]", "tcp://0.0.0.0", "tcp://[::]"}) {
    EXPECT_EQ(verdict(addresses_.check(address(text))), fine) << text;
  }
}

TEST_F(SimAddressesTest, TakeEveryAddressOverRdmaWhereThereIsADevice) {
  EXPECT_EQ(verdict(addresses_.check(address("0.0.0.0"))), fine);
  kernel_.edit_machine([](SimMachine& machine) {
    for (auto& [traddr, rdma_device] : machine.addresses) rdma_device.clear();
  });
  EXPECT_EQ(verdict(addresses_.check(address("0.0.0.0"))), refused(ENODEV, Reason::no_rdma_device));
}

TEST_F(SimAddressesTest, RefuseAnAddressElsewhere) {
  EXPECT_EQ(verdict(addresses_.check(address("192.168.1.99"))),
            refused(EADDRNOTAVAIL, Reason::address_not_local));
  EXPECT_EQ(verdict(addresses_.check(address("tcp://[fe80::1%eth7]"))),
            refused(EADDRNOTAVAIL, Reason::address_not_local));
}

TEST_F(SimAddressesTest, RefuseRdmaWithoutADeviceAndNameTheWayOut) {
  const auto refusal = addresses_.check(address("10.0.0.5"));
  EXPECT_EQ(verdict(refusal), refused(ENODEV, Reason::no_rdma_device));
  EXPECT_NE(refusal.error().message.find("tcp://10.0.0.5:4420"), std::string::npos);
}

TEST_F(SimAddressesTest, RefuseRdmaOnLoopback) {
  EXPECT_EQ(verdict(addresses_.check(address("127.0.0.1"))),
            refused(ENODEV, Reason::address_loopback));
  EXPECT_EQ(verdict(addresses_.check(address("[::1]"))), refused(ENODEV, Reason::address_loopback));
}

}  // namespace
}  // namespace nvmeofs
