// fc: an export over Fibre Channel, by ports that nvme-fcloop makes, where the kernel has it. A
// kernel without has no port, and says so.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <utility>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// Names as fcloop wants them, and as addresses have them.
struct Names {
  std::string node;
  std::string port;
  std::string written() const { return fmt::format("wwnn={},wwpn={}", node, port); }
  std::string traddr() const { return fmt::format("nn-{}:pn-{}", node, port); }
};

const Names target{"0x10001100aa000001", "0x20001100aa000001"};
const Names host{"0x10001100ab000001", "0x20001100ab000001"};
const std::string address = "fc://" + target.traddr();
const std::string config = mountpoint + "/config.json";

class Fc : public ViewTest {
 protected:
  // Whether the kernel can have ports; where not, that it has none is all there is to see.
  static bool kernel_has_ports() {
    if (sh("modprobe -n nvme-fcloop").status == 0) return true;
    expect_no_port();
    return false;
  }
  static void expect_no_port() {
    EXPECT_EQ(make_export("toto"), "ok");
    EXPECT_EQ(set("toto", "address", address), "EADDRNOTAVAIL");
    EXPECT_THAT(status_lines("toto", "refused"),
                HasSubstr("not an FC port of this machine, which has none"));
    EXPECT_EQ(remove_export("toto"), "ok");
  }

  static void control(const std::string& what, const std::string& names) {
    EXPECT_EQ(write_text("/sys/class/fcloop/ctl/" + what, names), "ok");
  }
  void load_fcloop() {
    run("modprobe nvme-fcloop");
    loaded_ = true;
  }
  void add_ports() {
    control("add_target_port", target.written());
    control("add_local_port", host.written());
    control("add_remote_port", fmt::format("{},lpwwnn={},lpwwpn={},roles=0x60", target.written(),
                                           host.node, host.port));
    has_ports_ = true;
  }
  void make_ports() {
    load_fcloop();
    add_ports();
  }
  void TearDown() override {
    ViewTest::TearDown();
    remove_ports();
  }
  // The target's end first: 6.12 forgets it with the host's, and to unload its nvme-fcloop without
  // the wait for the host's end has ended it.
  void remove_ports() {
    if (std::exchange(has_ports_, false)) {
      control("del_target_port", target.written());
      control("del_remote_port", target.written());
      control("del_local_port", host.written());
    }
    if (std::exchange(loaded_, false)) run("modprobe -r nvme-fcloop");
  }

  static std::string connect_by_fc(const std::string& name = "toto") {
    return write_text(
        "/dev/nvme-fabrics",
        fmt::format("transport=fc,traddr={},host_traddr={},nqn={},hostnqn={},hostid={}",
                    target.traddr(), host.traddr(), name, first_host.nqn, first_host.id));
  }
  static std::string last_words() { return sh("dmesg | tail -n 8").output; }

 private:
  bool loaded_ = false;
  bool has_ports_ = false;
};

TEST_F(Fc, PortThatThisMachineHasNotIsRefused) {
  expect_no_port();
}

TEST_F(Fc, ServesAHost) {
  if (!kernel_has_ports()) return;
  make_ports();
  draft("toto", "/dev/nullb0", "fc://nn-10001100AA000001:pn-20001100AA000001");
  EXPECT_EQ(get("toto", "address"), address);
  EXPECT_THAT(get("toto", "plan"), HasSubstr("echo " + target.traddr() + " > "));
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(status_lines("toto", "address"), "address " + address + " listening");
  EXPECT_EQ(read_text(mountpoint + "/ports/fc:" + target.traddr() + "/exports"), "toto");

  ASSERT_EQ(connect_by_fc(), "ok") << last_words();
  check_data(disk_of("toto"), "/dev/nullb0");
  EXPECT_EQ(get("toto", "clients"),
            fmt::format("{} fc {} sure sysfs", host.traddr(), first_host.nqn));
  EXPECT_EQ(set("toto", "enabled", "0"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), HasSubstr(first_host.nqn));
  disconnect("toto");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

TEST_F(Fc, HostIsSentAwayByForce) {
  if (!kernel_has_ports()) return;
  make_ports();
  serve("toto", "/dev/nullb0", address);
  ASSERT_EQ(connect_by_fc(), "ok") << last_words();
  EXPECT_NE(disk_of("toto"), "");
  EXPECT_EQ(set("toto", "enabled", "0 force"), "ok") << status_lines("toto", "refused");
  disconnect("toto");
  EXPECT_EQ(remove_export("toto"), "ok");
  EXPECT_EQ(changes(), "");
}

TEST_F(Fc, ExportsShareThePort) {
  if (!kernel_has_ports()) return;
  make_ports();
  serve("toto", "/dev/nullb0", address + "\ntcp://192.168.1.32");
  serve("titi", "/dev/nullb1", address);
  ASSERT_EQ(connect_by_fc("titi"), "ok") << last_words();
  check_data(disk_of("titi"), "/dev/nullb1");
  EXPECT_EQ(get("toto", "clients"), "");
  visit({"tcp"}, "toto", "/dev/nullb0");
  disconnect("titi");
  take_down("toto");
  take_down("titi");
  EXPECT_EQ(changes(), "");
}

TEST_F(Fc, PortThatServesNotIsRefusedByTheKernel) {
  if (!kernel_has_ports()) return;
  load_fcloop();
  draft("toto", "/dev/nullb0", address);
  EXPECT_EQ(set("toto", "enabled", "1"), "ENXIO");
  EXPECT_THAT(status_lines("toto", "refused"),
              AllOf(HasSubstr("address-not-local"), HasSubstr("no FC port of this machine")));
  EXPECT_EQ(remove_export("toto"), "ok");
  EXPECT_EQ(changes(), "");
}

TEST_F(Fc, PortOfSomethingElseInTheKernelIsShared) {
  if (!kernel_has_ports()) return;
  make_ports();
  run(R"(modprobe nvmet-fc && cd /sys/kernel/config/nvmet && mkdir subsystems/other ports/7 &&
    echo fc > ports/7/addr_trtype && echo fc > ports/7/addr_adrfam &&
    echo nn-10001100AA000001:pn-20001100AA000001 > ports/7/addr_traddr &&
    ln -s "$PWD/subsystems/other" ports/7/subsystems/other)");
  {
    const Afterwards gone(R"(cd /sys/kernel/config/nvmet && rm ports/7/subsystems/other &&
      rmdir ports/7 subsystems/other)");
    serve("toto", "/dev/nullb0", address);
    EXPECT_EQ(read_text("/sys/kernel/config/nvmet/ports/7/subsystems/toto/attr_model"), "nvmeofs");
    take_down("toto");
  }
}

TEST_F(Fc, IsSavedAndRestored) {
  if (!kernel_has_ports()) return;
  make_ports();
  serve("toto", "/dev/nullb0", address);
  run("cp " + config + " /tmp/fc.json");
  const std::string saved = read_text("/tmp/fc.json");
  for (const std::string line :
       {"\"adrfam\": \"fc\"", "\"trtype\": \"fc\"", "\"trsvcid\": \"none\"", "\"traddr\": \"nn-0x"})
    EXPECT_THAT(saved, HasSubstr(line));
  take_down("toto");
  EXPECT_EQ(changes(), "");
  run("cp /tmp/fc.json " + config);
  EXPECT_EQ(status_lines("toto", "address"), "address " + address + " listening");
  EXPECT_EQ(read_text(config), saved);
  take_down("toto");
}

// At a boot the adapter may come late, and its driver makes it a target later still.
TEST_F(Fc, ExportWaitsForItsPort) {
  if (!kernel_has_ports()) return;
  make_ports();
  serve("toto", "/dev/nullb0", address + "\ntcp://192.168.1.32");
  forget_kernel();
  remove_ports();

  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; })) << get("toto", "status");
  EXPECT_THAT(status_lines("toto", "address"), HasSubstr(address + " waiting"));
  EXPECT_THAT(read_text(mountpoint + "/log"), HasSubstr("not an FC port of this machine"));
  visit({"tcp"}, "toto", "/dev/nullb0");

  load_fcloop();
  EXPECT_TRUE(eventually([] {
    return read_text(mountpoint + "/log").find("the kernel refused") != std::string::npos;
  })) << read_text(mountpoint + "/log");
  EXPECT_THAT(status_lines("toto", "address"), HasSubstr("tcp://192.168.1.32:4420 listening"));
  add_ports();
  EXPECT_TRUE(eventually(
      [] {
        return status_lines("toto", "address").find(address + " listening") != std::string::npos;
      },
      std::chrono::seconds(60)))
      << get("toto", "status");
  ASSERT_EQ(connect_by_fc(), "ok") << last_words();
  check_data(disk_of("toto"), "/dev/nullb0");
  disconnect("toto");
  take_down("toto");
}

TEST_F(Fc, ExportWaitsForAPortThatIsNotReady) {
  if (!kernel_has_ports()) return;
  make_ports();
  serve("toto", "/dev/nullb0", address);
  forget_kernel();
  remove_ports();
  load_fcloop();
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "waiting"; })) << get("toto", "status");
  EXPECT_EQ(changes(), "");
  add_ports();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }, std::chrono::seconds(60)))
      << get("toto", "status");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
