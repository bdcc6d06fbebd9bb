#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <thread>

#include "host/attribute.h"
#include "host/controller.h"
#include "host/disk_user.h"
#include "host/registry.h"
#include "host_support.h"

namespace nvmeofs {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Controller : public testing::Test {
 protected:
  void SetUp() override {
    sysfs.controller("nvme1", "tcp", "traddr=192.168.1.32,trsvcid=4420");
    sysfs.write("class/nvme/nvme1/delete_controller", "");
  }
  std::string attribute(const std::string& name) const {
    return read_attribute(sysfs.root() + "/class/nvme/nvme1/" + name).value_or("(none)");
  }

  test::Sysfs sysfs;
};

TEST_F(Controller, TakesASetting) {
  ASSERT_TRUE(set_on_controller(sysfs.root(), "nvme1", "ctrl_loss_tmo", "-1"));
  EXPECT_THAT(attribute("ctrl_loss_tmo"), testing::StartsWith("-1"));
}

TEST_F(Controller, TakesNoSettingThatIsNotForALiveOne) {
  for (const auto* name : {"queue_count", "../nvme1/ctrl_loss_tmo", "dhchap_secret", ""}) {
    EXPECT_EQ(set_on_controller(sysfs.root(), "nvme1", name, "1").error().errnum, EOPNOTSUPP);
  }
}

TEST_F(Controller, TakesNoValueThatIsNoNumber) {
  for (const auto* value : {"", "-2", "1x", " 1", "off", "99999999999"}) {
    EXPECT_EQ(set_on_controller(sysfs.root(), "nvme1", "ctrl_loss_tmo", value).error().errnum,
              EINVAL)
        << value;
  }
  EXPECT_EQ(attribute("ctrl_loss_tmo"), "600");
}

TEST_F(Controller, IsGoneWhenItIsDeleted) {
  std::jthread kernel([&] {
    while (attribute("delete_controller") != "1") std::this_thread::yield();
    sysfs.remove("class/nvme/nvme1");
  });
  EXPECT_TRUE(delete_controller(sysfs.root(), "nvme1"));
}

TEST_F(Controller, ThatIsGoneAlreadyNeedsNoDeleting) {
  EXPECT_TRUE(delete_controller(sysfs.root(), "nvme2"));
}

TEST_F(Controller, ThatStaysIsWaitedForNoLongerThanTheLimit) {
  const auto refused = delete_controller(sysfs.root(), "nvme1", 50ms);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().errnum, ETIMEDOUT);
  EXPECT_EQ(refused.error().reason, Reason::kernel_waits);
}

TEST_F(Controller, OfThisMachinesBusIsNotTouched) {
  sysfs.controller("nvme0", "pcie", "0000:01:00.0");
  sysfs.write("class/nvme/nvme0/delete_controller", "untouched");
  EXPECT_EQ(delete_controller(sysfs.root(), "nvme0").error().errnum, EPERM);
  EXPECT_EQ(set_on_controller(sysfs.root(), "nvme0", "ctrl_loss_tmo", "1").error().errnum, EPERM);
  EXPECT_EQ(read_attribute(sysfs.root() + "/class/nvme/nvme0/delete_controller"), "untouched");
}

TEST_F(Controller, HasNoNameThatIsAPath) {
  for (const auto* name : {"", "nvme", "nvme1/..", "../nvme1", "nvme1n1", "nvme-subsys0"}) {
    EXPECT_EQ(delete_controller(sysfs.root(), name).error().errnum, EINVAL) << name;
  }
}

TEST_F(Controller, HidesTheSecretThatItUses) {
  EXPECT_TRUE(uses_secret(sysfs.root(), "nvme1"));
  struct stat status {};
  ASSERT_EQ(stat((sysfs.root() + "/class/nvme/nvme1/dhchap_secret").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Controller, WithoutTheAttributeUsesNoSecret) {
  sysfs.remove("class/nvme/nvme1/dhchap_secret");
  EXPECT_FALSE(uses_secret(sysfs.root(), "nvme1"));
}

TEST(DiskUser, IsNobodyForADiskThatIsGone) {
  EXPECT_EQ(disk_user("nvme987n1", true).value(), "");
}

TEST(DiskUser, IsAskedOfNoPath) {
  EXPECT_EQ(disk_user("../sda", true).error().errnum, EINVAL);
}

TEST(Registry, NamesTheOwnerAndTheEvent) {
  const TempDir folder;
  const test::Sysfs sysfs;
  sysfs.write("kernel/uevent_seqnum", "4711");
  ASSERT_EQ(register_owner(folder / "nvme/registry", "nvme3", "nvmeofs", sysfs.root()), 0);
  const std::string entry = folder / "nvme/registry/nvme3/";
  EXPECT_EQ(read_attribute(entry + "owner"), "nvmeofs");
  EXPECT_EQ(read_attribute(entry + "seqnum"), "4711");
}

TEST(Registry, ForgetsTheOwnerOfAControllerThatHadTheName) {
  const TempDir folder;
  const test::Sysfs sysfs;
  ASSERT_EQ(register_owner(folder.path(), "nvme3", "somebody", sysfs.root()), 0);
  std::ofstream(folder / "nvme3/application") << "something\n";
  ASSERT_EQ(register_owner(folder.path(), "nvme3", "nvmeofs", sysfs.root()), 0);
  EXPECT_EQ(read_attribute(folder / "nvme3/owner"), "nvmeofs");
  EXPECT_FALSE(read_attribute(folder / "nvme3/application"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Registry, ForgetsAnEntryForItsOwnerAlone) {
  const TempDir folder;
  const test::Sysfs sysfs;
  ASSERT_EQ(register_owner(folder.path(), "nvme3", "somebody", sysfs.root()), 0);
  unregister_owner(folder.path(), "nvme3", "nvmeofs");
  EXPECT_EQ(read_attribute(folder / "nvme3/owner"), "somebody");
  unregister_owner(folder.path(), "nvme3", "somebody");
  EXPECT_FALSE(std::filesystem::exists(folder / "nvme3"));
}

TEST(Registry, HasNoEntryOfAnotherName) {
  const TempDir folder;
  EXPECT_EQ(register_owner(folder.path(), "../nvme3", "nvmeofs", "/sys"), EINVAL);
}

}  // namespace
}  // namespace nvmeofs
