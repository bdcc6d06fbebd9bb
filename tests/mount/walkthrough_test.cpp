// The first page: what a person types who has just mounted it.
#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Walkthrough : public MountFixture {};

TEST_F(Walkthrough, ServesADiskInFiveCommands) {
  const Outcome outcome = sh(R"(set -e
    mkdir exports/toto
    echo /dev/nvme0n1 > exports/toto/device
    echo 192.168.1.32 > exports/toto/address
    echo 1 > exports/toto/enabled
    cat exports/toto/status)");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("enabled\n"
                                      "address rdma://192.168.1.32:4420 listening\n"
                                      "hosts any\n"));
}

TEST_F(Walkthrough, LeavesNothingBehind) {
  make_export();
  const std::string plan = read("exports/toto/plan");
  ASSERT_EQ(
      sh("echo 1 > exports/toto/enabled && echo 0 > exports/toto/enabled && rmdir exports/toto")
          .status,
      0);
  EXPECT_EQ(sh("ls exports").out, "");
  // The same plan again: the kernel is as it was. Only the disk's identity is another.
  make_export();
  const std::string again = read("exports/toto/plan");
  EXPECT_EQ(std::count(again.begin(), again.end(), '\n'),
            std::count(plan.begin(), plan.end(), '\n'));
  EXPECT_THAT(again, HasSubstr("mkdir /sys/kernel/config/nvmet/ports/1\n"));
}

TEST_F(Walkthrough, PlansWhatAPersonWouldType) {
  make_export();
  EXPECT_THAT(read("exports/toto/plan"),
              AllOf(StartsWith("mkdir /sys/kernel/config/nvmet/subsystems/toto\n"),
                    HasSubstr("echo /dev/nvme0n1 > /sys/kernel/config/nvmet/subsystems/toto/"
                              "namespaces/1/device_path\n")));
  ASSERT_EQ(write("exports/toto/enabled", "1"), 0);
  EXPECT_THAT(read("exports/toto/plan"), HasSubstr("rm /sys/kernel/config/nvmet/ports/1/"));
}

TEST_F(Walkthrough, SaysWhatADraftLacks) {
  ASSERT_EQ(sh("mkdir exports/toto").status, 0);
  EXPECT_THAT(read("exports/toto/plan"), StartsWith("# "));
  EXPECT_EQ(write("exports/toto/enabled", "1"), EINVAL);
  EXPECT_THAT(read("exports/toto/status"),
              HasSubstr("refused EINVAL incomplete: exports/toto/enabled = 1: "));
}

TEST_F(Walkthrough, ShowsTheWholeTree) {
  ASSERT_EQ(sh("mkdir exports/toto").status, 0);
  EXPECT_EQ(
      sh("find . -mindepth 1 | LC_ALL=C sort").out,
      "./README\n./config.json\n./connections\n./connections/config.json\n./discovery\n./discovery/"
      "discovery.conf\n./exports\n./exports/toto\n./exports/toto/"
      "address\n./exports/toto/clients\n"
      "./exports/toto/device\n./exports/toto/enabled\n./exports/toto/hosts\n"
      "./exports/toto/namespaces\n./exports/toto/namespaces/1\n"
      "./exports/toto/namespaces/1/ana_group\n"
      "./exports/toto/namespaces/1/buffered_io\n"
      "./exports/toto/namespaces/1/device\n./exports/toto/namespaces/1/enabled\n"
      "./exports/toto/namespaces/1/nguid\n./exports/toto/namespaces/1/uuid\n"
      "./exports/toto/passthru\n./exports/toto/passthru/admin_timeout\n"
      "./exports/toto/passthru/clear_ids\n./exports/toto/passthru/device\n"
      "./exports/toto/passthru/enabled\n./exports/toto/passthru/io_timeout\n"
      "./exports/toto/plan\n./exports/toto/status\n./exports/toto/subsystem\n"
      "./exports/toto/subsystem/cntlid_max\n./exports/toto/subsystem/cntlid_min\n"
      "./exports/toto/subsystem/firmware\n./exports/toto/subsystem/ieee_oui\n"
      "./exports/toto/subsystem/model\n./exports/toto/subsystem/pi_enable\n"
      "./exports/toto/subsystem/qid_max\n./exports/toto/subsystem/serial\n"
      "./exports/toto/subsystem/version\n./hosts\n./log\n./metrics\n"
      "./ports\n./topology.dot\n");
  EXPECT_THAT(read("README"), HasSubstr("nvme connect"));
}

TEST_F(Walkthrough, LogsWhoDidWhat) {
  make_export();
  EXPECT_THAT(sh("echo 5 > exports/toto/enabled; tail -n 1 log").out,
              AllOf(HasSubstr(" uid=0 pid="),
                    HasSubstr(" bash: exports/toto/enabled = 5: EINVAL bad-value")));
}

// The file's own name, the value, the reason and the way out, to whoever looks.
TEST_F(Walkthrough, KeepsTheLastRefusalUntilTheNextAcceptedChange) {
  make_export();
  ASSERT_EQ(write("exports/toto/address", "1.2.3.4"), EADDRNOTAVAIL);
  EXPECT_THAT(
      read("exports/toto/status"),
      HasSubstr("refused EADDRNOTAVAIL address-not-local: exports/toto/address = 1.2.3.4: "));
  EXPECT_EQ(read("exports/toto/address"), "rdma://192.168.1.32:4420\n");
  ASSERT_EQ(write("exports/toto/address", "tcp://10.0.0.5"), 0);
  EXPECT_THAT(read("exports/toto/status"), ::testing::Not(HasSubstr("refused")));
}

}  // namespace
}  // namespace nvmeofs
