// A kernel step that hangs, and what others notice of it.

#include <gmock/gmock.h>

#include <chrono>
#include <future>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;

// For all of it, in a guest without KVM on a machine with other things to do.
constexpr std::chrono::seconds long_enough{100};

std::future<Outcome> in_background(const std::string& script) {
  return std::async(std::launch::async, [=] { return sh(script, std::chrono::seconds(200)); });
}

class Waiting : public ViewTest {
 protected:
  // One export is waited for in the kernel: another one is made, changed, read and taken down.
  // Not the last of its address, though: rmdir of a port waits for the end of every connection of
  // every export (flush_workqueue() in nvmet_port_release()), with all of ports/ locked. And on 6.1
  // a new connection waits for that too (nvmet_tcp_install_queue()): no host comes meanwhile.
  static void work_beside_it() {
    EXPECT_TRUE(eventually([] {
      return get("hung", "status").find("waiting in the kernel") != std::string::npos;
    })) << get("hung", "status");
    // Not to enabled: the kernel lets nobody write a file while another's write waits.
    EXPECT_EQ(set("hung", "device", "/dev/nullb0"), "EBUSY");
    EXPECT_THAT(status_lines("hung", "refused"), HasSubstr("kernel-waits"));
    serve("other", "/dev/nullb1", "tcp://192.168.1.33");
    serve("third", "/dev/nullb3", "tcp://192.168.1.33");
    run("cd " + exports + " && find other third hung/status -type f -exec cat {} + >/dev/null");
    EXPECT_EQ(append("other", "address", "tcp://192.168.1.33:4421"), "ok");
    EXPECT_EQ(set("other", "hosts", first_host.nqn), "ok") << status_lines("other", "refused");
    take_down("third");
  }
};

TEST_F(Waiting, ForADiskThatHangsHoldsUpNoOtherExport) {
  const Afterwards removed("dmsetup remove --retry slow; rm -f /run/resume");
  run("echo '0 131072 linear /dev/nullb2 0' | dmsetup create slow && udevadm settle");
  serve("hung", "/dev/mapper/slow", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "hung");
  const std::string disk = disk_of("hung");
  ASSERT_NE(disk, "");

  // Made beforehand, and what hangs done by another process: a child of this one would have its
  // open files, and its exec would wait for the end of a write to one of them (fuse_flush()).
  run("dmsetup suspend --noflush --nolockfs slow && mkfifo /run/resume");
  auto resuming = in_background("read -r _ < /run/resume; dmsetup resume slow");
  auto io = in_background("dd if=/dev/zero of=" + disk + " bs=4096 count=1 oflag=direct");
  EXPECT_TRUE(
      eventually([] { return sh("grep -l '[1-9]' /sys/block/nvme*/inflight").status == 0; }));
  auto disabling = in_background("echo 0 force > " + exports + "hung/enabled");

  auto others = std::async(std::launch::async, work_beside_it);
  EXPECT_EQ(others.wait_for(long_enough), std::future_status::ready) << "other exports wait too";
  EXPECT_EQ(disabling.wait_for(std::chrono::seconds(0)), std::future_status::timeout);

  EXPECT_EQ(write_text("/run/resume", ""), "ok");
  EXPECT_EQ(resuming.get().status, 0);
  EXPECT_EQ(disabling.get().status, 0) << status_lines("hung", "refused");
  others.wait();
  EXPECT_EQ(state_of("hung"), "disabled");
  disconnect("hung");
  io.wait();
  visit({.trtype = "tcp", .traddr = "192.168.1.33"}, "other", "/dev/nullb1");
  take_down("other");
  EXPECT_EQ(remove_export("hung"), "ok");
}

}  // namespace
}  // namespace nvmeofs::vm
