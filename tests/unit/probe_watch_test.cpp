// The machine tells what happens to it. Its loop devices are for all, and other programs' tell too:
// so here is asked what is told, and what is not in the tests of the single sources.

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <filesystem>

#include "probe/address_events.h"
#include "watched_machine.h"

namespace nvmeofs::test {
namespace {

class MountsOfItsOwn {
 protected:
  // Not the network: udev tells only in its own.
  PrivateNamespace mounts_{CLONE_NEWNS};
};

// In this order: the watch is of the mounts among which it is made.
class Changes : public MountsOfItsOwn, public WatchedMachine {
 protected:
  Changes() : WatchedMachine({std::chrono::seconds(2), std::chrono::seconds(2)}) {}

  TempFolder folder_;
};

class NetworkOfItsOwn {
 protected:
  PrivateNamespace network_{CLONE_NEWNET};
};

// In this order: the watch is of the network in which it is made.
class AddressChanges : public NetworkOfItsOwn, public Changes {};

TEST_F(Changes, TellOfADiskThatComes) {
  const LoopDisk disk(folder_.file("disk", 4));
  EXPECT_TRUE(told([&] { return is_device(disk.node()); }));
}

TEST_F(Changes, TellOfADiskThatGoes) {
  std::string node;
  {
    const LoopDisk disk(folder_.file("disk", 4));
    node = disk.node();
    ASSERT_TRUE(told([&] { return is_device(node); }));
  }
  EXPECT_TRUE(told([&] { return !is_device(node); }));
}

TEST_F(AddressChanges, AreToldWhenTheyComeAndGo) {
  run("ip link set lo up");
  run("ip address add 10.7.7.7/32 dev lo");
  EXPECT_TRUE(told([&] { return is_address("10.7.7.7"); }));
  run("ip address del 10.7.7.7/32 dev lo");
  EXPECT_TRUE(told([&] { return !is_address("10.7.7.7"); }));
}

TEST_F(AddressChanges, OfIpv6AreToldWhenTheyCanBeUsed) {
  run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
  run("ip address add fd00:7::7/64 dev v0");
  EXPECT_TRUE(told([&] { return is_address("[fd00:7::7]"); }));
}

TEST_F(Changes, TellOfAFileOnAFileSystemThatIsMounted) {
  const std::string target = folder_ / "mnt";
  std::filesystem::create_directory(target);
  changes_.follow({target + "/disk"});
  const LoopDisk disk(folder_.file("fs", 32));
  run("mkfs.ext4 -q " + disk.node());
  {
    const MountedAt mount(disk.node(), target, "ext4");
    run("truncate -s 4M " + target + "/disk");
  }
  changes_.clear();
  ASSERT_FALSE(is_device(target + "/disk"));
  const MountedAt mount(disk.node(), target, "ext4");
  EXPECT_TRUE(told([&] { return is_device(target + "/disk"); }));
}

// The kernel says it to the first who polls.
TEST_F(Changes, TellOfAMountUntilTheyAreCleared) {
  std::filesystem::create_directory(folder_ / "mnt");
  changes_.clear();
  const MountedAt mount("none", folder_ / "mnt", "tmpfs");
  for (int times = 0; times < 3; ++times) EXPECT_TRUE(becomes_readable(changes_.fd()));
}

TEST_F(Changes, TellOfAFollowedFile) {
  const std::string file = folder_ / "a/disk";
  changes_.follow({file});
  ASSERT_TRUE(told([] { return true; }));
  std::filesystem::create_directory(folder_ / "a");
  folder_.file("a/disk", 4);
  EXPECT_TRUE(told([&] { return is_device(file); }));
  std::filesystem::remove(file);
  EXPECT_TRUE(told([&] { return !is_device(file); }));
}

TEST_F(Changes, TellOfAPathThatIsNewlyFollowed) {
  changes_.clear();
  changes_.follow({folder_ / "disk"});
  EXPECT_TRUE(is_readable(changes_.fd()));
}

TEST_F(Changes, LeaveNothingOpen) {
  const std::size_t before = open_descriptors();
  {
    MachineChanges more;
    more.follow({folder_ / "disk"});
    EXPECT_GT(open_descriptors(), before);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Addresses, TellNothingOfAnotherNetwork) {
  const PrivateNamespace outer(CLONE_NEWNET);
  auto events = AddressEvents::open();
  ASSERT_TRUE(events) << events.error().message;
  {
    const PrivateNamespace inner(CLONE_NEWNET);
    run("ip address add 10.7.7.7/32 dev lo");
  }
  EXPECT_FALSE(is_readable(events->fd()));
  run("ip address add 10.7.7.7/32 dev lo");
  EXPECT_TRUE(becomes_readable(events->fd()));
  EXPECT_TRUE(events->take().value());
  EXPECT_FALSE(is_readable(events->fd()));
}

}  // namespace
}  // namespace nvmeofs::test
