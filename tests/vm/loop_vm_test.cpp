// loop: an export for this machine alone, where the kernel has it.

#include <gmock/gmock.h>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Loop : public ViewTest {
 protected:
  // A draft at loop; false where the kernel has none, which is said.
  static bool draft_at_loop() {
    EXPECT_EQ(make_export("toto"), "ok");
    EXPECT_EQ(set("toto", "device", "/dev/nullb0"), "ok");
    const bool kernel_has = sh("modprobe -n nvme-loop").status == 0;
    EXPECT_EQ(set("toto", "address", "loop"), kernel_has ? "ok" : "ENODEV");
    if (kernel_has) return true;
    EXPECT_EQ(remove_export("toto"), "ok");
    return false;
  }
};

TEST_F(Loop, ServesThisMachine) {
  if (!draft_at_loop()) return;
  EXPECT_EQ(get("toto", "address"), "loop://");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(status_lines("toto", "address"), "address loop:// listening");
  EXPECT_EQ(connect_over_loop("toto"), "ok") << sh("dmesg | tail -n 5").output;
  check_data(disk_of("toto"), "/dev/nullb0");
  EXPECT_THAT(get("toto", "clients"), StartsWith("localhost loop " + first_host.nqn + " sure"));

  EXPECT_EQ(set("toto", "enabled", "0"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), HasSubstr(first_host.nqn));
  disconnect("toto");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

TEST_F(Loop, HostIsSentAwayByForce) {
  if (!draft_at_loop()) return;
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(connect_over_loop("toto"), "ok") << sh("dmesg | tail -n 5").output;
  EXPECT_NE(disk_of("toto"), "");
  EXPECT_EQ(set("toto", "enabled", "0 force"), "ok") << status_lines("toto", "refused");
  EXPECT_TRUE(eventually([] { return controllers("toto").empty(); }));
  EXPECT_EQ(remove_export("toto"), "ok");
  EXPECT_EQ(changes(), "");
}

// It would be a loop in which a write waits for itself.
TEST_F(Loop, DiskIsNotExportedAgain) {
  if (!draft_at_loop()) return;
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(connect_over_loop("toto"), "ok") << sh("dmesg | tail -n 5").output;
  EXPECT_EQ(make_export("titi"), "ok");
  EXPECT_EQ(set("titi", "device", disk_of("toto")), "ELOOP");
  EXPECT_EQ(remove_export("titi"), "ok");
  disconnect("toto");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
