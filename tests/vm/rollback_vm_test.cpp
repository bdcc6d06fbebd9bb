// Enabling does the whole plan or none of it: a step that the kernel refuses leaves configfs as it
// was, whatever was done before it.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "traffic.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Rollback : public ViewTest {};

// Another program that has the address.
class Listener {
 public:
  explicit Listener(const std::string& address, std::uint16_t service = 4420)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(service);
    ::inet_pton(AF_INET, address.c_str(), &name.sin_addr);
    const int one = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0)
        << std::strerror(errno);
    EXPECT_EQ(::listen(fd_, 1), 0);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  int fd_;
};

void expect_enabling_refused(const std::string& name, const std::string& symbol,
                             const std::string& sentence) {
  const NvmetTree tree = nvmet_tree();
  EXPECT_EQ(set(name, "enabled", "1"), symbol);
  EXPECT_EQ(difference(tree, nvmet_tree()), "");
  EXPECT_EQ(get(name, "enabled"), "0");
  EXPECT_EQ(state_of(name), "disabled");
  EXPECT_THAT(status_lines(name, "refused"), StartsWith("refused " + symbol + " "));
  EXPECT_THAT(status_lines(name, "refused"), HasSubstr(sentence));
}

TEST_F(Rollback, OfAnAddressThatAnotherProgramHas) {
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  {
    const Listener other("192.168.1.32");
    expect_enabling_refused("toto", "EADDRINUSE", "something else listens");
  }
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(status_lines("toto", "refused"), "");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
}

TEST_F(Rollback, OfTheSecondOfThreeAddresses) {
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32\ntcp://192.168.1.33\nrdma://192.168.1.32");
  const Listener other("192.168.1.33");
  expect_enabling_refused("toto", "EADDRINUSE", "tcp://192.168.1.33:4420");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Rollback, OfTheLastAddressTakesBackNewHostsToo) {
  draft("toto", "/dev/nullb0", "rdma://192.168.1.32\ntcp://192.168.1.33");
  EXPECT_EQ(set("toto", "hosts", first_host.nqn), "ok");
  const Listener other("192.168.1.33");
  expect_enabling_refused("toto", "EADDRINUSE", "tcp://192.168.1.33:4420");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Rollback, FreesTheDeviceAgain) {
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const Listener other("192.168.1.32");
  expect_enabling_refused("toto", "EADDRINUSE", "tcp://192.168.1.32:4420");
  run("mkfs.ext4 -q -F /dev/nullb0 && mount /dev/nullb0 /mnt && umount /mnt && "
      "wipefs -qa /dev/nullb0");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Rollback, LeavesAnotherExportOnTheSameAddressUndisturbed) {
  serve("first", "/dev/nullb1", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "first");
  const std::string cntlid = controller_attribute("first", "cntlid");
  {
    Traffic traffic(disk_of("first"));
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    draft("toto", "/dev/nullb0", "tcp://192.168.1.32\ntcp://192.168.1.33");
    const Listener other("192.168.1.33");
    expect_enabling_refused("toto", "EADDRINUSE", "tcp://192.168.1.33:4420");
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
  }
  EXPECT_EQ(controller_attribute("first", "state"), "live");
  EXPECT_EQ(controller_attribute("first", "cntlid"), cntlid);
  disconnect("first");
  EXPECT_EQ(remove_export("toto"), "ok");
  take_down("first");
}

TEST_F(Rollback, OfALiveSecondAddressKeepsTheFirst) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree enabled = nvmet_tree();
  const Listener other("192.168.1.33");
  EXPECT_EQ(append("toto", "address", "tcp://192.168.1.33"), "EADDRINUSE");
  EXPECT_EQ(difference(enabled, nvmet_tree()), "");
  EXPECT_EQ(get("toto", "address"), "tcp://192.168.1.32:4420");
  EXPECT_EQ(state_of("toto"), "enabled");
  take_down("toto");
}

// A file on tmpfs cannot be read past the page cache on 6.1, and can on later kernels: asked of the
// kernel itself.
TEST_F(Rollback, OfAFileOnTmpfsWhereThisKernelTakesNone) {
  const Afterwards removed("rm -f /dev/shm/disk");
  run("truncate -s 16M /dev/shm/disk");
  const std::string verdict = [] {
    const std::string space = nvmet + "/subsystems/asked/namespaces/1";
    run("mkdir " + nvmet + "/subsystems/asked " + space);
    EXPECT_EQ(write_text(space + "/device_path", "/dev/shm/disk"), "ok");
    std::string answer = write_text(space + "/enable", "1");
    run("rmdir " + space + " " + nvmet + "/subsystems/asked");
    return answer;
  }();
  const bool is_6_1 = run("uname -r").starts_with("6.1.");
  EXPECT_EQ(verdict, is_6_1 ? "EINVAL" : "ok");

  draft("toto", "/dev/shm/disk", "tcp://192.168.1.32");
  if (verdict == "ok") {
    EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
    visit({.trtype = "tcp"}, "toto", "/dev/shm/disk");
    take_down("toto");
  } else {
    EXPECT_EQ(set("toto", "namespaces/1/buffered_io", "0"), "ok");
    expect_enabling_refused("toto", verdict, "/dev/shm/disk");
    // Left to what was seen when the device was written.
    EXPECT_EQ(set("toto", "namespaces/1/buffered_io", ""), "ok");
    EXPECT_EQ(get("toto", "namespaces/1/buffered_io"), "1");
    EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
    take_down("toto");
  }
}

// A whole export that appears between draft and enabling is somebody else's.
TEST_F(Rollback, NothingIsDoneWhereTheNameWasTakenMeanwhile) {
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  make_subsystem("toto", "/dev/nullb1");
  const NvmetTree tree = nvmet_tree();
  EXPECT_EQ(set("toto", "enabled", "1"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), StartsWith("refused EBUSY foreign: "));
  EXPECT_EQ(difference(tree, nvmet_tree()), "");
  run(fmt::format("rmdir {0}/toto/namespaces/1 {0}/toto", nvmet + "/subsystems"));
  EXPECT_EQ(remove_export("toto"), "ok");
}

}  // namespace
}  // namespace nvmeofs::vm
