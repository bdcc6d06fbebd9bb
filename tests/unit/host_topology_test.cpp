#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/sysfs_topology.h"
#include "host_support.h"

namespace nvmeofs {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;

class SysfsTopology : public testing::Test {
 protected:
  HostTopology read() const {
    const auto topology = sysfs_topology(sysfs.root());
    EXPECT_TRUE(topology) << topology.error().message;
    return topology.value_or(HostTopology());
  }
  HostController only() const {
    const auto topology = read();
    EXPECT_EQ(topology.controllers.size(), 1U);
    return topology.controllers.empty() ? HostController() : topology.controllers.begin()->second;
  }

  test::Sysfs sysfs;
};

TEST_F(SysfsTopology, IsEmptyWithoutAHost) {
  EXPECT_THAT(read().controllers, IsEmpty());
}

TEST_F(SysfsTopology, TellsOfAController) {
  sysfs.controller("nvme3", "tcp",
                   "traddr=192.168.1.32,trsvcid=4420,host_traddr=192.168.1.7,src_addr=192.168.1.7");
  const auto controller = only();
  EXPECT_EQ(controller.name, "nvme3");
  EXPECT_EQ(controller.transport, "tcp");
  ASSERT_TRUE(controller.address);
  EXPECT_EQ(controller.address->uri(), "tcp://192.168.1.32:4420");
  EXPECT_EQ(controller.host_traddr, "192.168.1.7");
  EXPECT_EQ(controller.subsystem, "toto");
  EXPECT_EQ(controller.host_nqn, test::some_host.nqn);
  EXPECT_EQ(controller.host_id, test::some_host.id);
  EXPECT_EQ(controller.state, ControllerState::live);
  EXPECT_EQ(controller.queues, 3U);
  EXPECT_FALSE(controller.discovery);
  EXPECT_THAT(controller.settings, ElementsAre(Pair("ctrl_loss_tmo", "600")));
}

TEST_F(SysfsTopology, ShowsNoSecret) {
  sysfs.controller("nvme3", "tcp", "traddr=192.168.1.32,trsvcid=4420");
  EXPECT_THAT(only().settings, Not(Contains(Key("dhchap_secret"))));
}

TEST_F(SysfsTopology, ReadsAnAddressOfIpv6) {
  sysfs.controller("nvme0", "rdma", "traddr=fe80::1%eth0,trsvcid=4421");
  EXPECT_EQ(only().address->uri(), "rdma://[fe80::1%eth0]:4421");
}

TEST_F(SysfsTopology, KeepsTheTextOfATransportThatIsNotOurs) {
  sysfs.controller("nvme0", "fc", "traddr=nn-0x1:pn-0x2,host_traddr=nn-0x3:pn-0x4");
  EXPECT_FALSE(only().address);
  EXPECT_EQ(only().address_text, "traddr=nn-0x1:pn-0x2,host_traddr=nn-0x3:pn-0x4");
}

TEST_F(SysfsTopology, HasNoDriveOfThisMachine) {
  sysfs.controller("nvme0", "pcie", "0000:01:00.0");
  sysfs.controller("nvme1", "tcp", "traddr=192.168.1.32,trsvcid=4420");
  EXPECT_EQ(only().name, "nvme1");
}

TEST_F(SysfsTopology, LeavesOutAControllerThatVanishes) {
  sysfs.controller("nvme0", "tcp", "traddr=192.168.1.32,trsvcid=4420");
  for (const auto* file : {"transport", "subsysnqn", "state"}) {
    sysfs.controller("nvme1", "tcp", "traddr=192.168.1.33,trsvcid=4420");
    sysfs.remove(std::string("class/nvme/nvme1/") + file);
    EXPECT_EQ(only().name, "nvme0") << file;
  }
}

TEST_F(SysfsTopology, LeavesOutAControllerThatIsOfNoSubsystemYet) {
  sysfs.controller("nvme3", "rdma", "traddr=192.168.1.32,trsvcid=4420", "(efault)");
  EXPECT_THAT(read().controllers, IsEmpty());
}

TEST_F(SysfsTopology, KnowsADiscoveryController) {
  sysfs.controller("nvme0", "tcp", "traddr=192.168.1.32,trsvcid=8009", "nqn.x:unique");
  sysfs.write("class/nvme/nvme0/cntrltype", "discovery");
  EXPECT_TRUE(only().discovery);
}

TEST_F(SysfsTopology, KeepsAStateThatItDoesNotKnow) {
  sysfs.controller("nvme0", "tcp", "traddr=192.168.1.32,trsvcid=4420");
  sysfs.write("class/nvme/nvme0/state", "dreaming");
  EXPECT_EQ(only().state, ControllerState::other);
  EXPECT_EQ(only().state_text, "dreaming");
}

TEST_F(SysfsTopology, FindsTheDiskOfAPath) {
  sysfs.controller("nvme5", "tcp", "traddr=192.168.1.32,trsvcid=4420");
  sysfs.path("nvme5", "nvme2c5n1", "7", "non-optimized");
  sysfs.disk("nvme2n1");
  EXPECT_THAT(only().namespaces, ElementsAre(PathNamespace{"nvme2n1", 7, "non-optimized"}));
}

TEST_F(SysfsTopology, FindsTheDiskWithoutMultipath) {
  sysfs.controller("nvme5", "tcp", "traddr=192.168.1.32,trsvcid=4420");
  sysfs.path("nvme5", "nvme5n1", "1", "");
  sysfs.disk("nvme5n1");
  EXPECT_THAT(only().namespaces, ElementsAre(PathNamespace{"nvme5n1", 1, ""}));
}

TEST_F(SysfsTopology, HasNoDiskBeforeItIsThere) {
  sysfs.controller("nvme5", "tcp", "traddr=192.168.1.32,trsvcid=4420");
  sysfs.path("nvme5", "nvme2c5n1", "1", "inaccessible");
  EXPECT_THAT(only().namespaces, IsEmpty());
}

TEST_F(SysfsTopology, TakesNothingElseForADisk) {
  sysfs.controller("nvme5", "tcp", "traddr=192.168.1.32,trsvcid=4420");
  for (const auto* name : {"ng5n1", "nvme5", "nvme5n1p1", "nvmen1", "hwmon1"}) {
    sysfs.path("nvme5", name, "1");
    sysfs.disk(name);
  }
  EXPECT_THAT(only().namespaces, IsEmpty());
}

}  // namespace
}  // namespace nvmeofs
