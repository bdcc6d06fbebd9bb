// discovery/ as its user has it, over the simulated host: the controller at tcp://192.168.2.40:8009
// lists disk-array, which has two disks.
#include <gmock/gmock.h>

#include <cerrno>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class DiscoveryMount : public MountFixture {
 protected:
  void make(const std::string& name = "tcp:192.168.2.40") {
    ASSERT_EQ(sh("mkdir discovery/" + name).status, 0);
  }
};

TEST_F(DiscoveryMount, GivesEveryDiskInTwoCommands) {
  const Outcome outcome = sh(R"(set -e
    mkdir discovery/tcp:192.168.2.40:8009
    echo 1 > discovery/tcp:192.168.2.40:8009/connect_all
    cat connections/disk-array/device)");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("/dev/nvme"));
}

TEST_F(DiscoveryMount, ListsSubsystemsForPeople) {
  make();
  EXPECT_EQ(sh("cat discovery/*/subsystems").out,
            "NQN         ADDRESS            TRANSPORT  STATE\n"
            "disk-array  192.168.2.40:4420  tcp        -\n");
  ASSERT_EQ(write("discovery/tcp:192.168.2.40/connect_all", "1"), 0);
  EXPECT_EQ(sh("cat discovery/*/subsystems").out,
            "NQN         ADDRESS            TRANSPORT  STATE\n"
            "disk-array  192.168.2.40:4420  tcp        connected\n");
  EXPECT_THAT(read("discovery/tcp:192.168.2.40/status"), StartsWith("reachable\ngeneration "));
}

TEST_F(DiscoveryMount, ListsThemForScripts) {
  make();
  const Outcome outcome =
      sh("python3 -c 'import json, sys; log = json.load(sys.stdin); "
         "print(*(r[\"subnqn\"] + \" \" + r[\"traddr\"] + \" \" + r[\"trsvcid\"]"
         " for r in log[\"records\"]))' < discovery/tcp:192.168.2.40/log.json");
  EXPECT_EQ(outcome.out, "disk-array 192.168.2.40 4420\n") << outcome.err;
}

TEST_F(DiscoveryMount, IsCopiedAsFiles) {
  make();
  EXPECT_EQ(sh("copy=$(mktemp -d); cp -r discovery/tcp:192.168.2.40 $copy && "
               "cmp discovery/tcp:192.168.2.40/log.json $copy/*/log.json && rm -r $copy")
                .status,
            0);
}

TEST_F(DiscoveryMount, SaysWhyNobodyIsFound) {
  make("tcp:192.168.2.41");
  EXPECT_THAT(sh("cat discovery/tcp:192.168.2.41/subsystems").err, HasSubstr("Connection refused"));
  EXPECT_EQ(write("discovery/tcp:192.168.2.41/connect_all", "1"), ECONNREFUSED);
  EXPECT_EQ(read("discovery/tcp:192.168.2.41/connect_all"), "0\n");
  EXPECT_THAT(
      read("discovery/tcp:192.168.2.41/status"),
      AllOf(StartsWith("unreachable\nrefused ECONNREFUSED "),
            HasSubstr("discovery/tcp:192.168.2.41/connect_all = 1"), Not(HasSubstr("fetch"))));
  EXPECT_THAT(read("log"), HasSubstr("fetch discovery/tcp:192.168.2.41: ECONNREFUSED"));
}

TEST_F(DiscoveryMount, KeepsAControllerAndLeavesNothingBehind) {
  make();
  ASSERT_EQ(write("discovery/tcp:192.168.2.40/persistent", "1"), 0);
  EXPECT_EQ(read("discovery/tcp:192.168.2.40/persistent"), "1\n");
  EXPECT_THAT(read("discovery/tcp:192.168.2.40/status"), HasSubstr("\ncontroller nvme"));
  EXPECT_EQ(sh("ls connections").out, "config.json\n");
  EXPECT_EQ(sh("rmdir discovery/tcp:192.168.2.40").status, 0);
  EXPECT_EQ(sh("ls discovery").out, "discovery.conf\n");
}

TEST_F(DiscoveryMount, ShowsItsFiles) {
  make();
  EXPECT_EQ(sh("ls discovery/tcp:*").out,
            "connect_all\nlog.json\npersistent\nstatus\nsubsystems\n");
}

}  // namespace
}  // namespace nvmeofs
