// plan is the truth: what it says, typed at a root shell, is what enabling does.

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "view.h"

namespace nvmeofs::vm {
namespace {

class PlanFile : public ViewTest {
 protected:
  // By a shell that knows no more than POSIX, and stops at the first refusal.
  static void type(const std::string& plan) {
    std::ofstream("/run/plan.sh") << plan << "\n";
    run("dash -eu /run/plan.sh");
  }

  // Up and down by the view, then up and down by hand.
  void check_both_ways(const std::string& name) {
    const std::string up = get(name, "plan");
    EXPECT_EQ(set(name, "enabled", "1"), "ok") << status_lines(name, "refused");
    const NvmetTree enabled = nvmet_tree();
    EXPECT_NE(difference(before(), enabled), "");
    const std::string down = get(name, "plan");
    EXPECT_EQ(set(name, "enabled", "0"), "ok") << status_lines(name, "refused");
    EXPECT_EQ(changes(), "");

    type(up);
    EXPECT_EQ(difference(enabled, nvmet_tree()), "") << up;
    type(down);
    EXPECT_EQ(changes(), "") << down;
  }
};

TEST_F(PlanFile, TypedByHandMakesAndUnmakesTheSameOverRdma) {
  draft("toto", "/dev/nullb0", "192.168.1.32");
  check_both_ways("toto");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(PlanFile, TypedByHandMakesAndUnmakesTheSameWithAddressesAndHosts) {
  draft("nqn.2026-01.org.example:disk", "/dev/nullb0",
        "tcp://192.168.1.32\ntcp://192.168.1.33:4421\nrdma://192.168.1.32");
  EXPECT_EQ(set("nqn.2026-01.org.example:disk", "hosts", first_host.nqn + "\n" + second_host.nqn),
            "ok");
  check_both_ways("nqn.2026-01.org.example:disk");
  EXPECT_EQ(remove_export("nqn.2026-01.org.example:disk"), "ok");
}

TEST_F(PlanFile, QuotesWhatAShellWouldRead) {
  const Afterwards removed("rm -rf /run/disks");
  const std::string path = "/run/disks/it's a \"$(disk)\" of `mine` \\; *";
  run("mkdir -p /run/disks");
  ASSERT_EQ(::symlink("/dev/nullb0", path.c_str()), 0);
  draft("toto$HOME", path, "tcp://192.168.1.32");
  check_both_ways("toto$HOME");
  EXPECT_EQ(remove_export("toto$HOME"), "ok");
}

TEST_F(PlanFile, OfAnIncompleteExportSaysWhatIsMissing) {
  EXPECT_EQ(make_export("toto"), "ok");
  EXPECT_THAT(get("toto", "plan"), testing::StartsWith("# "));
  EXPECT_EQ(remove_export("toto"), "ok");
}

}  // namespace
}  // namespace nvmeofs::vm
