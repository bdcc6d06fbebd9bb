// What shells really send: one write or several, at zero or at the end, with and without O_TRUNC.
#include <gmock/gmock.h>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;

constexpr auto both = "rdma://192.168.1.32:4420\ntcp://10.0.0.5:4420\n";

// Every promise to both shells of a Debian machine.
class Shell : public MountFixture, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    MountFixture::SetUp();
    make_export();
  }
  Outcome type(const std::string& script) const {
    return run({GetParam(), "-c", script}, {.directory = path("exports/toto")});
  }
};

INSTANTIATE_TEST_SUITE_P(Each, Shell, ::testing::Values("bash", "dash"),
                         [](const auto& test) { return test.param; });

TEST_P(Shell, WritesAValueWithEcho) {
  EXPECT_EQ(type("echo /dev/sdb > device").status, 0);
  EXPECT_EQ(type("cat device").out, "/dev/sdb\n");
}

TEST_P(Shell, WritesAValueWithoutANewline) {
  EXPECT_EQ(type("printf %s /dev/sdb > device").status, 0);
  EXPECT_EQ(type("cat device").out, "/dev/sdb\n");
}

TEST_P(Shell, IsToldOfARefusalByTheWrite) {
  const Outcome outcome = type("echo /dev/sda > device");
  EXPECT_NE(outcome.status, 0);
  EXPECT_EQ(type("cat device").out, "/dev/nvme0n1\n");
}

TEST_P(Shell, ReplacesAListWithSeveralLines) {
  EXPECT_EQ(type(R"(printf '192.168.1.32\ntcp://10.0.0.5\n' > address)").status, 0);
  EXPECT_EQ(type("cat address").out, both);
}

TEST_P(Shell, ReplacesAListWithSeveralCommands) {
  EXPECT_EQ(type("{ echo 192.168.1.32; echo tcp://10.0.0.5; } > address").status, 0);
  EXPECT_EQ(type("cat address").out, both);
}

TEST_P(Shell, AddsToAList) {
  EXPECT_EQ(type("echo tcp://10.0.0.5 >> address").status, 0);
  EXPECT_EQ(type("cat address").out, both);
}

TEST_P(Shell, TakesAppendingToASingleValueAsWriting) {
  EXPECT_EQ(type("echo /dev/sdb >> device").status, 0);
  EXPECT_EQ(type("cat device").out, "/dev/sdb\n");
}

TEST_P(Shell, IsRefusedASecondLineOfASingleValue) {
  EXPECT_NE(type("{ echo /dev/sdb; echo /dev/nvme1n1; } > device").status, 0);
  EXPECT_EQ(type("cat device").out, "/dev/sdb\n");
  EXPECT_THAT(type("cat status").out, HasSubstr("refused EINVAL not-one-write"));
}

TEST_P(Shell, ChangesNothingByTruncating) {
  EXPECT_EQ(type(": > device").status, 0);
  EXPECT_EQ(type("cat device").out, "/dev/nvme0n1\n");
  EXPECT_EQ(type("stat -c %s device").out, "13\n");
}

TEST_P(Shell, ClearsWithAnEmptyLine) {
  EXPECT_EQ(type("echo > device && echo > address && echo > hosts").status, 0);
  EXPECT_EQ(type("cat device address hosts").out, "");
}

TEST_P(Shell, IsRefusedAnEmptyLineForEnabled) {
  EXPECT_NE(type("echo > enabled").status, 0);
  EXPECT_EQ(type("cat enabled").out, "0\n");
}

TEST_P(Shell, WritesWhatItReadWithoutAChange) {
  EXPECT_EQ(
      type(
          "for f in device address enabled hosts; do v=$(cat $f); echo \"$v\" > $f || exit 1; done")
          .status,
      0);
  EXPECT_EQ(type("cat device address enabled hosts").out,
            "/dev/nvme0n1\nrdma://192.168.1.32:4420\n0\nany\n");
}

TEST_P(Shell, TakesEveryWordForYesAndNo) {
  for (const std::string word : {"1", "y", "on", "Yes"}) {
    EXPECT_EQ(type("echo " + word + " > enabled && cat enabled").out, "1\n") << word;
    EXPECT_EQ(type("echo 0 > enabled && cat enabled").out, "0\n");
  }
}

TEST_P(Shell, AddsAndReplacesHosts) {
  EXPECT_EQ(
      type("echo nqn.2024-01.org.example:a > hosts && echo nqn.2024-01.org.example:b >> hosts")
          .status,
      0);
  EXPECT_EQ(type("cat hosts").out, "nqn.2024-01.org.example:a\nnqn.2024-01.org.example:b\n");
  EXPECT_EQ(type("echo any > hosts && cat hosts").out, "any\n");
}

TEST_P(Shell, MakesNoFileOfItsOwn) {
  EXPECT_NE(type("echo 1 > enable").status, 0);  // a slip of the finger must not pass unseen
  EXPECT_EQ(
      type("ls").out,
      "address\nclients\ndevice\nenabled\nhosts\nnamespaces\npassthru\nplan\nstatus\nsubsystem\n");
}

}  // namespace
}  // namespace nvmeofs
