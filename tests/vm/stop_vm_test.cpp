// nvmeofs stop: everything of ours out of the kernel, and kept for the next mount.

#include <gmock/gmock.h>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;

class Stop : public ViewTest {
 protected:
  static Outcome stop(const std::string& options = "") {
    return sh(program + " stop " + mountpoint + " " + options);
  }
};

TEST_F(Stop, TakesDownWhatIsOursAndUnmounts) {
  const Afterwards removed("cd " + nvmet + "/subsystems && rmdir hand/namespaces/1 hand");
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32\nrdma://192.168.1.32");
  serve("titi", "/dev/nullb1", "tcp://192.168.1.32");
  make_subsystem("hand", "/dev/nullb2");
  const Outcome outcome = stop();
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("exports/toto"), HasSubstr("exports/titi"), Not(HasSubstr("hand"))));
  EXPECT_FALSE(is_mounted(mountpoint));
  EXPECT_EQ(run("ls " + nvmet + "/subsystems " + nvmet + "/ports"),
            nvmet + "/ports:\n\n" + nvmet + "/subsystems:\nhand\n");

  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; })) << get("toto", "status");
  EXPECT_TRUE(eventually([] { return state_of("titi") == "enabled"; })) << get("titi", "status");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
  take_down("titi");
}

TEST_F(Stop, IsRefusedWhileAHostIsConnectedAndDoneWithForce) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_TRUE(eventually([] { return !get("toto", "clients").empty(); }));
  const NvmetTree served = nvmet_tree();
  const Outcome refused = stop();
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("exports/toto"), HasSubstr("--force")));
  EXPECT_TRUE(is_mounted(mountpoint));
  EXPECT_EQ(difference(served, nvmet_tree()), "");

  const Outcome forced = stop("--force");
  EXPECT_EQ(forced.status, 0) << forced.output;
  EXPECT_EQ(changes(), "");
  disconnect("toto");
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }));
  take_down("toto");
}

TEST_F(Stop, IsRefusedWhileTheMountIsInUse) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  const Outcome busy = sh("cd " + exports + "toto && " + program + " stop " + mountpoint);
  EXPECT_EQ(busy.status, 1);
  EXPECT_THAT(busy.output, HasSubstr("in use"));
  EXPECT_EQ(difference(served, nvmet_tree()), "");
  take_down("toto");
}

TEST_F(Stop, IsRefusedBeforeAnythingWhenItsStateFileIsNotKnown) {
  const Afterwards back("mv /run/nvmeofs.hidden /run/nvmeofs.lock");
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  run("mv /run/nvmeofs.lock /run/nvmeofs.hidden");
  const Outcome refused = stop();
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("/run/nvmeofs.lock"));
  EXPECT_TRUE(is_mounted(mountpoint));
  EXPECT_EQ(difference(served, nvmet_tree()), "");
  take_down("toto");
}

TEST_F(Stop, TakesDownWhatADeadProgramHasLeft) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  kill_program();
  const Outcome outcome = stop();
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_EQ(changes(), "");
  EXPECT_FALSE(is_mounted(mountpoint));
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; })) << get("toto", "status");
  take_down("toto");
}

TEST_F(Stop, UnloadsTheModulesThatItHadLoaded) {
  unmount();
  unload_nvmet();
  start();
  const bool has_loop = sh("modprobe -n nvme-loop").status == 0;
  serve("toto", "/dev/nullb0",
        std::string("tcp://192.168.1.32\nrdma://192.168.1.32") + (has_loop ? "\nloop" : ""));
  kill_program();
  start();  // whose modules these are outlives the program
  const Outcome outcome = stop("--unload");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_EQ(sh("lsmod | grep -E '^(nvmet|nvme_loop)'").output, "");
  load_nvmet();
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }));
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
