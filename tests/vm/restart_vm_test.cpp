// What was written is there again after a crash and after a reboot, and nothing that runs notices.

#include <gmock/gmock.h>

#include <future>

#include "configfs_watch.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;

class Restart : public ViewTest {
 protected:
  static bool is_enabled(const std::string& name) {
    return eventually([&] { return state_of(name) == "enabled"; });
  }
};

TEST_F(Restart, WritesNothingToTheKernelWhenNothingDiffers) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32\nrdma://192.168.1.32");
  EXPECT_EQ(set("toto", "hosts", first_host.nqn), "ok");
  ConfigfsWatch watch;
  unmount();
  start();
  EXPECT_TRUE(is_enabled("toto")) << get("toto", "status");
  // What objects of this kernel have is asked of samples, which nothing leads to.
  EXPECT_EQ(lines_without(watch.seen(), "nvmeofs-sample"), "");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

// A host with verified I/O through the program's death, its next start, and the start of another
// version of it.
TEST_F(Restart, AndUpgradeAreNotNoticedByAHostUnderFio) {
  const Afterwards removed("rm -f /run/nvmeofs-next /run/fio.out");
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  const std::string disk = disk_of("toto");
  run("cp " + program + " /run/nvmeofs-next");
  {
    auto fio = std::async(std::launch::async, [&] {
      return sh(
          "fio --name=verified --filename=" + disk +
              " --size=16m --rw=randwrite --bs=4k --direct=1 --ioengine=psync "
              "--verify=crc32c --verify_fatal=1 --time_based --runtime=8 --output=/run/fio.out",
          std::chrono::seconds(120));
    });
    kill_program();
    start();
    EXPECT_TRUE(is_enabled("toto"));
    unmount();
    const Outcome upgraded = sh("/run/nvmeofs-next nvmet " + mountpoint);
    EXPECT_EQ(upgraded.status, 0) << upgraded.output;
    EXPECT_TRUE(is_enabled("toto"));
    const Outcome outcome = fio.get();
    EXPECT_EQ(outcome.status, 0) << outcome.output << read_text("/run/fio.out");
  }
  EXPECT_THAT(read_text("/run/fio.out"), HasSubstr("err= 0"));
  EXPECT_EQ(controller_attribute("toto", "state"), "live");
  run("umount " + mountpoint);
  EXPECT_TRUE(eventually([] { return sh("pgrep -f nvmeofs-next").status != 0; }));
  start();
  disconnect("toto");
  take_down("toto");
}

TEST_F(Restart, AfterARebootServesTheSameDiskAgain) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32\nrdma://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  forget_kernel();
  start();
  EXPECT_TRUE(is_enabled("toto")) << get("toto", "status");
  EXPECT_EQ(difference(served, nvmet_tree()), "");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

TEST_F(Restart, KeepsDrafts) {
  EXPECT_EQ(make_export("toto"), "ok");
  EXPECT_EQ(set("toto", "device", "/dev/nullb1 force"), "ok");
  kill_program();
  start();
  EXPECT_EQ(get("toto", "device"), "/dev/nullb1 force");
  EXPECT_EQ(state_of("toto"), "disabled");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Restart, RefusesADamagedStateAndSaysTheWayBack) {
  EXPECT_EQ(make_export("toto"), "ok");
  EXPECT_EQ(set("toto", "device", "/dev/nullb1"), "ok");
  unmount();
  run("sed -i 's/nullb1/nullb2/' " + state_file);
  const Outcome outcome = sh(program + " nvmet " + mountpoint);
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.output, HasSubstr(state_file));
  EXPECT_THAT(outcome.output, HasSubstr("cp -a "));
  const auto from = outcome.output.find("cp -a ");
  if (from != std::string::npos)
    run(outcome.output.substr(from, outcome.output.find_first_of(";)\n,", from) - from));
  start();
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Restart, DriftIsShownAndPutRightByWritingOne) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  run("rm " + nvmet + "/ports/1/subsystems/toto");
  EXPECT_TRUE(eventually([] { return state_of("toto") == "drifted"; })) << get("toto", "status");
  EXPECT_THAT(get("toto", "status"), HasSubstr("ports/1/subsystems/toto is missing"));
  EXPECT_EQ(set("toto", "enabled", "1"), "ok");
  EXPECT_EQ(difference(served, nvmet_tree()), "");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
