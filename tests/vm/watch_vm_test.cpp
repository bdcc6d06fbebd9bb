// What a real machine with udev and RDMA tells of itself, in a guest of scripts/vm that
// scripts/vm-fabric has prepared.

#include <fcntl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "../unit/watched_machine.h"
#include "scsi_disk.h"

namespace nvmeofs::test {
namespace {

class RealChanges : public WatchedMachine {
 protected:
  // An emulated machine, and busy.
  RealChanges() : WatchedMachine({std::chrono::seconds(10), std::chrono::seconds(30)}) {}

  // Takes all that is still to be told of what was done before.
  void rest() {
    run("udevadm settle");
    while (becomes_readable(changes_.fd(), std::chrono::milliseconds(1500))) changes_.clear();
  }
};

TEST_F(RealChanges, TellOfADiskByTheNameThatUdevGivesIt) {
  const ScsiDisk disk;
  std::string link;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/disk/by-id")) {
    if (std::filesystem::canonical(entry.path()) == disk.node()) link = entry.path();
  }
  ASSERT_NE(link, "");
  const Fd somebody(open(disk.node().c_str(), O_RDONLY | O_CLOEXEC));
  rest();
  disk.pull_out();
  EXPECT_TRUE(told([&] { return !is_device(link); }));
  rest();
  disk.plug_in();
  EXPECT_TRUE(told([&] { return is_device(link); }));
}

TEST_F(RealChanges, TellOfADisksNewSize) {
  const ScsiDisk disk;
  rest();
  auto held = devices_.claim(device_path(disk.node()), Members::refuse);
  ASSERT_TRUE(held) << held.error().message;
  disk.grow_to_a_gibibyte();
  EXPECT_TRUE(told([&] { return (*held)->bytes() == 1U << 30; }));
}

TEST_F(RealChanges, TellNothingOfExaminations) {
  rest();
  for (int times = 0; times < 3; ++times) {
    EXPECT_TRUE(is_device("/dev/nullb0"));
    EXPECT_TRUE(is_address("rdma://192.168.1.32"));
  }
  run("udevadm settle");
  EXPECT_FALSE(is_readable(changes_.fd()));
}

// udev tells of those too, and nobody is woken.
TEST_F(RealChanges, TellNothingOfOtherDevices) {
  rest();
  run("ip link add dummy7 type dummy && udevadm settle && ip link delete dummy7 && udevadm settle");
  EXPECT_FALSE(is_readable(changes_.fd()));
}

TEST_F(RealChanges, TellOfAnAddressWhenItsRdmaDeviceAnswers) {
  for (int times = 0; times < 5; ++times) {
    rest();
    run("ip address add 192.168.1.77/24 dev v0");
    EXPECT_TRUE(told([&] { return is_address("rdma://192.168.1.77"); }));
    run("ip address del 192.168.1.77/24 dev v0");
    EXPECT_TRUE(told([&] { return !is_address("rdma://192.168.1.77"); }));
  }
}

TEST_F(RealChanges, TellOfAnIpv6AddressWhenItsRdmaDeviceAnswers) {
  rest();
  run("ip address add fd00:7::7/64 dev v0");
  EXPECT_TRUE(told([&] { return is_address("rdma://[fd00:7::7]"); }));
  run("ip address del fd00:7::7/64 dev v0");
  EXPECT_TRUE(told([&] { return !is_address("tcp://[fd00:7::7]"); }));
}

TEST_F(RealChanges, TellOfAnRdmaDeviceWhenItAnswers) {
  rest();
  run("rdma link add rxe_v2 type rxe netdev v2");
  EXPECT_TRUE(told([&] { return is_address("rdma://192.168.2.32"); }));
  rest();
  run("timeout 60 rdma link delete rxe_v2");
  EXPECT_TRUE(told([&] { return !is_address("rdma://192.168.2.32"); }));
}

}  // namespace
}  // namespace nvmeofs::test
