// The first page of the view, on this kernel: three files serve a disk, and a host finds it.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;

class Export : public ViewTest {};

// What the first page says, typed by a person.
std::string serve_by_hand(const std::string& device, const std::string& address) {
  return run(fmt::format(R"(set -e; cd /mnt/nvmeof
    mkdir exports/toto
    echo {} > exports/toto/device
    echo {} > exports/toto/address
    cat exports/toto/plan >/dev/null
    echo 1 > exports/toto/enabled
    cat exports/toto/status)",
                         device, address));
}

// A host that writes 8 MiB, and finds them on the disk behind.
void use_by_hand(const std::string& trtype, const std::string& backing) {
  run(fmt::format("nvme connect -t {} -a 192.168.1.32 -s 4420 -n toto -q {} -I {}", trtype,
                  first_host.nqn, first_host.id));
  const std::string disk = disk_of("toto");
  run(fmt::format(R"(set -e; data=$(mktemp); trap 'rm -f "$data"' EXIT
    dd if=/dev/urandom of="$data" bs=1M count=8 status=none
    dd if="$data" of={} bs=1M oflag=direct status=none
    dd if={} bs=1M count=8 iflag=direct status=none | cmp - "$data")",
                  disk, backing));
  run("nvme disconnect -n toto");
}

void take_down_by_hand() {
  run("set -e; cd /mnt/nvmeof; echo 0 > exports/toto/enabled ; rmdir exports/toto");
  EXPECT_EQ(run(fmt::format("ls {0}/subsystems {0}/ports {0}/hosts", nvmet)),
            fmt::format("{0}/hosts:\n\n{0}/ports:\n\n{0}/subsystems:\n", nvmet));
}

TEST_F(Export, FirstPageHoldsWordByWordOverRdma) {
  EXPECT_EQ(serve_by_hand("/dev/nullb0", "192.168.1.32"),
            "enabled\n"
            "address rdma://192.168.1.32:4420 listening\n"
            "hosts any\n");
  use_by_hand("rdma", "/dev/nullb0");
  take_down_by_hand();
}

TEST_F(Export, FirstPageHoldsWordByWordOverTcp) {
  EXPECT_EQ(serve_by_hand("/dev/nullb0", "tcp://192.168.1.32"),
            "enabled\n"
            "address tcp://192.168.1.32:4420 listening\n"
            "hosts any\n");
  use_by_hand("tcp", "/dev/nullb0");
  take_down_by_hand();
}

TEST_F(Export, DraftIsNothingInTheKernel) {
  draft("toto", "/dev/nullb0", "192.168.1.32");
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(state_of("toto"), "disabled");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Export, ServesOverRdmaAndTcpAtOnce) {
  serve("toto", "/dev/nullb0", "rdma://192.168.1.32\ntcp://192.168.1.32");
  EXPECT_EQ(status_lines("toto", "address"),
            "address rdma://192.168.1.32:4420 listening\n"
            "address tcp://192.168.1.32:4420 listening");
  visit({.trtype = "rdma"}, "toto", "/dev/nullb0");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
}

TEST_F(Export, ServesOnEveryAddressOverTcp) {
  serve("toto", "/dev/nullb0", "tcp://0.0.0.0:4421");
  EXPECT_EQ(status_lines("toto", "address"), "address tcp://0.0.0.0:4421 listening");
  visit({.trtype = "tcp", .trsvcid = "4421"}, "toto", "/dev/nullb0");
  take_down("toto");
}

TEST_F(Export, ServesOnEveryAddressOverRdma) {
  serve("toto", "/dev/nullb0", "rdma://0.0.0.0:4421");
  EXPECT_EQ(status_lines("toto", "address"), "address rdma://0.0.0.0:4421 listening");
  visit({.trtype = "rdma", .trsvcid = "4421"}, "toto", "/dev/nullb0");
  take_down("toto");
}

TEST_F(Export, ServesOverIpv6) {
  const Afterwards removed("ip -6 address del fd00::32/64 dev v0");
  run("ip -6 address add fd00::32/64 dev v0 nodad");
  serve("toto", "/dev/nullb0", "tcp://[fd00::32]\nrdma://[fd00::32]");
  EXPECT_EQ(status_lines("toto", "address"),
            "address tcp://[fd00::32]:4420 listening\n"
            "address rdma://[fd00::32]:4420 listening");
  visit({.trtype = "tcp", .traddr = "fd00::32"}, "toto", "/dev/nullb0");
  visit({.trtype = "rdma", .traddr = "fd00::32"}, "toto", "/dev/nullb0");
  take_down("toto");
}

TEST_F(Export, ServesALinkLocalAddressByItsZone) {
  const std::string address = run(
      "ip -6 -o address show dev v0 scope link | sed -n 's/.*inet6 \\([^/]*\\).*/\\1/p' | tr -d "
      "'\\n'");
  serve("toto", "/dev/nullb0", fmt::format("tcp://[{}%v0]", address));
  EXPECT_EQ(status_lines("toto", "address"),
            fmt::format("address tcp://[{}%v0]:4420 listening", address));
  take_down("toto");
}

TEST_F(Export, ServesAFile) {
  const Afterwards removed("umount /run/disk; rm -f /run/disk-image; rmdir /run/disk");
  run("truncate -s 64M /run/disk-image && mkfs.ext4 -q /run/disk-image && mkdir -p /run/disk && "
      "mount -o loop /run/disk-image /run/disk && truncate -s 32M /run/disk/image");
  serve("toto", "/run/disk/image", "tcp://192.168.1.32");
  visit({.trtype = "tcp"}, "toto", "/run/disk/image");
  take_down("toto");
}

TEST_F(Export, ServesTheLongestNameThatAHostCanConnectTo) {
  const std::string name = "nqn.2026-01.org.example:" + std::string(222 - 24, 'x');
  ASSERT_EQ(name.size(), 222U);
  serve(name, "/dev/nullb0", "tcp://192.168.1.32");
  visit({.trtype = "tcp"}, name, "/dev/nullb0");
  take_down(name);
}

TEST_F(Export, DiskIsKeptFromThisMachineWhileItIsServed) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_THAT(sh("mkfs.ext4 -q -F /dev/nullb0").output, HasSubstr("in use"));
  take_down("toto");
  run("mkfs.ext4 -q -F /dev/nullb0");

  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const Outcome mounting = sh("mount /dev/nullb0 /mnt");
  EXPECT_NE(mounting.status, 0);
  EXPECT_THAT(mounting.output, HasSubstr("already mounted or mount point busy"));
  take_down("toto");
  run("mount /dev/nullb0 /mnt && umount /mnt && wipefs -qa /dev/nullb0");
}

}  // namespace
}  // namespace nvmeofs::vm
