// passthru/ of an export, as a shell sees it.
#include <gmock/gmock.h>

#include <cerrno>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PassthruFiles : public MountFixture {
 protected:
  void serve_whole() {
    ASSERT_EQ(sh("mkdir exports/toto").status, 0);
    ASSERT_EQ(sh("cd exports/toto && echo /dev/nvme0 > passthru/device && "
                 "echo 1 > passthru/enabled && echo tcp://10.0.0.5 > address && echo 1 > enabled")
                  .status,
              0)
        << read("log");
  }
};

TEST_F(PassthruFiles, ServeAController) {
  serve_whole();
  EXPECT_EQ(read("exports/toto/passthru/device"), "/dev/nvme0\n");
  EXPECT_EQ(read("exports/toto/passthru/enabled"), "1\n");
  EXPECT_THAT(read("topology.dot"), HasSubstr("\"export toto\" -> \"device /dev/nvme0\""));
  EXPECT_THAT(read("config.json"),
              AllOf(HasSubstr("\"path\": \"/dev/nvme0\""), HasSubstr("\"io_timeout\": 0")));
  EXPECT_EQ(write("exports/toto/device", "/dev/sdb"), EBUSY);
}

TEST_F(PassthruFiles, TellTheVersionOfTheDriveWhileItIsServed) {
  ASSERT_EQ(sh("mkdir exports/toto").status, 0);
  EXPECT_EQ(read("exports/toto/subsystem/version"), "1.3\n");
  ASSERT_EQ(sh("rmdir exports/toto").status, 0);
  serve_whole();
  EXPECT_EQ(read("exports/toto/subsystem/version"), "1.4\n");
  ASSERT_EQ(write("exports/toto/enabled", "0"), 0);
  EXPECT_EQ(read("exports/toto/subsystem/version"), "\n");
}

TEST_F(PassthruFiles, PlanSaysWhatAPersonWouldType) {
  ASSERT_EQ(sh("mkdir exports/toto").status, 0);
  ASSERT_EQ(sh("cd exports/toto && echo /dev/nvme0 > passthru/device && "
               "echo 1 > passthru/enabled && echo tcp://10.0.0.5 > address")
                .status,
            0);
  EXPECT_THAT(read("exports/toto/plan"),
              AllOf(HasSubstr("echo /dev/nvme0 > "
                              "/sys/kernel/config/nvmet/subsystems/toto/passthru/device_path\n"),
                    HasSubstr("echo 1 > "
                              "/sys/kernel/config/nvmet/subsystems/toto/passthru/enable\n"),
                    ::testing::Not(HasSubstr("namespaces"))));
}

}  // namespace
}  // namespace nvmeofs
