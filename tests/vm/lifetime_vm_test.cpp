// The end of the program, however it comes, is not the end of what it serves.

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <cerrno>

#include "traffic.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;

class Lifetime : public ViewTest {
 protected:
  // The next program knows the export and all that belongs to it.
  static void expect_found_and_taken_down(const NvmetTree& served) {
    EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }));
    EXPECT_EQ(difference(served, nvmet_tree()), "");
    EXPECT_EQ(get("toto", "device"), "/dev/nullb0");
    EXPECT_EQ(get("toto", "address"), "tcp://192.168.1.32:4420");
    EXPECT_EQ(get("toto", "enabled"), "1");
    take_down("toto");
  }
};

TEST_F(Lifetime, ExportIsServedOnWhenTheProgramIsKilled) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  must_connect({.trtype = "tcp"}, "toto");
  {
    Traffic traffic(disk_of("toto"));
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    kill_program();
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    // The kernel answers from what it remembers of the dead program, for a second.
    EXPECT_TRUE(eventually([] {
      struct stat status {};
      return ::stat(mountpoint.c_str(), &status) != 0 && errno == ENOTCONN;
    }));

    start();
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
  }
  EXPECT_EQ(controller_attribute("toto", "state"), "live");
  disconnect("toto");
  expect_found_and_taken_down(served);
}

TEST_F(Lifetime, ExportIsServedOnWhenTheViewIsUnmounted) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  must_connect({.trtype = "tcp"}, "toto");
  {
    Traffic traffic(disk_of("toto"));
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    unmount();
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    start();
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
  }
  EXPECT_EQ(controller_attribute("toto", "state"), "live");
  disconnect("toto");
  expect_found_and_taken_down(served);
}

TEST_F(Lifetime, ProgramThatIsToldToEndUnmountsAndServesOn) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  for (const pid_t pid : daemons()) ::kill(pid, SIGTERM);
  EXPECT_TRUE(eventually([] { return daemons().empty(); }));
  EXPECT_FALSE(is_mounted(mountpoint));
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  start();
  expect_found_and_taken_down(served);
}

TEST_F(Lifetime, DeadMountIsCleanedUpByTheNextStart) {
  kill_program();
  EXPECT_TRUE(is_mounted(mountpoint));
  start();
  EXPECT_EQ(run("grep -c ' /mnt/nvmeof ' /proc/self/mountinfo"), "1\n");
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  take_down("toto");
}

TEST_F(Lifetime, SecondProgramIsRefusedAndNamesTheFirst) {
  const Afterwards removed("umount /run/second 2>/dev/null; rmdir /run/second");
  run("mkdir -p /run/second");
  const Outcome same = sh(program + " nvmet " + mountpoint);
  EXPECT_NE(same.status, 0);
  EXPECT_THAT(same.output, HasSubstr(mountpoint));
  const Outcome other = sh(program + " nvmet /run/second");
  EXPECT_NE(other.status, 0);
  EXPECT_THAT(other.output,
              testing::AnyOf(HasSubstr(mountpoint), HasSubstr(std::to_string(daemons().front()))));
}

}  // namespace
}  // namespace nvmeofs::vm
