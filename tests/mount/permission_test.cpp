// Other users: nothing without allow_other, looking only with it.
#include <gmock/gmock.h>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;

constexpr uid_t nobody = 65534;

class Private : public MountFixture {};

TEST_F(Private, IsClosedToOthers) {
  const Outcome outcome = bash("ls " + mountpoint_, {.uid = nobody});
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("Permission denied"));
}

class Public : public MountFixture {
 protected:
  Public() : MountFixture("allow_other") {}
  void SetUp() override {
    MountFixture::SetUp();
    make_export();
  }
};

TEST_F(Public, CanBeReadByOthers) {
  EXPECT_EQ(sh("cat exports/toto/device; cat log > /dev/null", {.uid = nobody}).out,
            "/dev/nvme0n1\n");
}

TEST_F(Public, CannotBeChangedByOthers) {
  for (const std::string command :
       {"echo /dev/sdb > exports/toto/device", "echo /dev/sdb >> exports/toto/device",
        "echo 1 > exports/toto/enabled", "mkdir exports/new", "rmdir exports/toto"}) {
    const Outcome outcome = sh(command, {.uid = nobody});
    EXPECT_NE(outcome.status, 0) << command;
    EXPECT_THAT(outcome.err, HasSubstr("Permission denied")) << command;
  }
  EXPECT_EQ(read("exports/toto/device"), "/dev/nvme0n1\n");
  EXPECT_EQ(sh("ls exports").out, "toto\n");
}

class ReadOnly : public MountFixture {
 protected:
  ReadOnly() : MountFixture("ro") {}
};

TEST_F(ReadOnly, ChangesNothingForRootEither) {
  const Outcome outcome = sh("mkdir exports/toto");
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("Read-only file system"));
}

class OverTcp : public MountFixture {
 protected:
  OverTcp() : MountFixture("transport=tcp,hosts=none") {}
};

TEST_F(OverTcp, HasTheGivenDefaults) {
  make_export("toto", "/dev/nvme0n1", "10.0.0.5");
  EXPECT_EQ(read("exports/toto/address"), "tcp://10.0.0.5:4420\n");
  EXPECT_THAT(read("exports/toto/status"), HasSubstr("hosts nobody\n"));
}

}  // namespace
}  // namespace nvmeofs
