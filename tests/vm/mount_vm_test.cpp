// The ways to mount the view that mount(8) has, and the modules that it needs.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "view.h"

namespace nvmeofs::vm {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

// The program is where `make install` puts it, and not mounted yet.
class MountCommand : public ViewTest {
 protected:
  void SetUp() override {
    ViewTest::SetUp();
    unmount();
    run("ln -s " + program + " /usr/sbin/nvmeofs");
  }
  void TearDown() override {
    run("rm /usr/sbin/nvmeofs");
    ViewTest::TearDown();
  }

  static void expect_the_view() {
    EXPECT_EQ(run("findmnt -n -o FSTYPE,SOURCE " + mountpoint), "fuse.nvmeofs nvmet\n");
    serve("toto", "/dev/nullb0", "192.168.1.32");
    take_down("toto");
  }
};

TEST_F(MountCommand, TakesTheLineOfFstab) {
  const Afterwards removed("sed -i '/fuse.nvmeofs/d' /etc/fstab");
  run("echo 'nvmet /mnt/nvmeof fuse.nvmeofs defaults 0 0' >> /etc/fstab && mount /mnt/nvmeof");
  expect_the_view();
  run("umount /mnt/nvmeof");
}

TEST_F(MountCommand, TakesTheTypeAndTheSource) {
  run("mount -t fuse.nvmeofs nvmet /mnt/nvmeof");
  expect_the_view();
}

TEST_F(MountCommand, HandsOnOptions) {
  run("mount -t fuse.nvmeofs -o nofail,_netdev,transport=tcp,hosts=none nvmet /mnt/nvmeof");
  draft("toto", "/dev/nullb0", "192.168.1.32");
  EXPECT_EQ(get("toto", "address"), "tcp://192.168.1.32:4420");
  EXPECT_EQ(get("toto", "hosts"), "");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(MountCommand, SaysWhatIsWrong) {
  const Outcome outcome = sh("mount -t fuse.nvmeofs -o transport=pigeon nvmet /mnt/nvmeof");
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.output, HasSubstr("pigeon"));
  EXPECT_FALSE(is_mounted(mountpoint));
}

// Nothing of nvmet is loaded and configfs is not mounted, as after the boot of a machine without
// systemd.
class Modules : public ViewTest {
 protected:
  void SetUp() override {
    ViewTest::SetUp();
    unmount();
    unload_nvmet();
    ASSERT_FALSE(is_loaded("nvmet"));
    ASSERT_FALSE(is_mounted(configfs));
  }
  static bool is_loaded(const std::string& module) { return fs::exists("/sys/module/" + module); }
};

// /lib/modules as if this kernel's package had no more of nvmet than the modules given.
class OnlyModules {
 public:
  explicit OnlyModules(const std::string& names) {
    run(fmt::format(R"(set -e; release=$(uname -r); few=/run/few/lib/modules/$release
      mkdir -p $few; cp /lib/modules/$release/modules.{{order,builtin*}} $few
      for name in {}; do cp /lib/modules/$release/kernel/drivers/nvme/target/$name.ko $few; done
      depmod -b /run/few $release
      mount --bind $few /lib/modules/$release)",
                    names));
  }
  OnlyModules(const OnlyModules&) = delete;
  OnlyModules& operator=(const OnlyModules&) = delete;

 private:
  Afterwards all_again_{"umount /lib/modules/$(uname -r); rm -rf /run/few"};
};

TEST_F(Modules, MountingTheViewLoadsNvmetAndMountsConfigfs) {
  start();
  EXPECT_TRUE(is_loaded("nvmet"));
  EXPECT_TRUE(is_mounted(configfs));
  EXPECT_FALSE(is_loaded("nvmet_tcp"));
  EXPECT_FALSE(is_loaded("nvmet_rdma"));
}

TEST_F(Modules, EnablingLoadsTheTransportAndNoOther) {
  start();
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_FALSE(is_loaded("nvmet_tcp"));
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_TRUE(is_loaded("nvmet_tcp"));
  EXPECT_FALSE(is_loaded("nvmet_rdma"));
  EXPECT_EQ(append("toto", "address", "192.168.1.32"), "ok") << status_lines("toto", "refused");
  EXPECT_TRUE(is_loaded("nvmet_rdma"));
  take_down("toto");
}

TEST_F(Modules, TransportThatThisKernelLacksIsNamed) {
  start();
  draft("toto", "/dev/nullb0", "192.168.1.32");
  const OnlyModules few("nvmet nvmet-tcp");
  EXPECT_EQ(set("toto", "enabled", "1"), "ENODEV");
  EXPECT_THAT(status_lines("toto", "refused"), StartsWith("refused ENODEV no-module: "));
  EXPECT_THAT(status_lines("toto", "refused"),
              AnyOf(HasSubstr("nvmet_rdma"), HasSubstr("nvmet-rdma")));
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Modules, TransportThatMayNotBeLoadedIsNamed) {
  const Afterwards removed("rm /etc/modprobe.d/no-nvmet-rdma.conf");
  run("mkdir -p /etc/modprobe.d && "
      "echo 'install nvmet_rdma /bin/false' > /etc/modprobe.d/no-nvmet-rdma.conf");
  start();
  draft("toto", "/dev/nullb0", "192.168.1.32");
  EXPECT_NE(set("toto", "enabled", "1"), "ok");
  EXPECT_THAT(status_lines("toto", "refused"),
              AnyOf(HasSubstr("nvmet_rdma"), HasSubstr("nvmet-rdma")));
  EXPECT_FALSE(is_loaded("nvmet_rdma"));
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Modules, KernelWithoutNvmetIsRefusedByName) {
  const OnlyModules none("");
  const Outcome outcome = sh(program + " nvmet " + mountpoint);
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.output, HasSubstr("no module nvmet"));
  EXPECT_FALSE(is_mounted(mountpoint));
}

}  // namespace
}  // namespace nvmeofs::vm
