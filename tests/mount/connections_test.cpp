// connections/ as its user has it, over the simulated host: disk-array is at tcp://192.168.2.40 and
// has two disks.
#include <gmock/gmock.h>

#include <cerrno>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ConnectionsMount : public MountFixture {
 protected:
  void draft(const std::string& address = "tcp://192.168.2.40") {
    ASSERT_EQ(sh("mkdir connections/disk-array").status, 0);
    ASSERT_EQ(write("connections/disk-array/address", address), 0);
  }
};

TEST_F(ConnectionsMount, GivesADiskInThreeCommands) {
  const Outcome outcome = sh(R"(set -e
    mkdir connections/disk-array
    echo tcp://192.168.2.40 > connections/disk-array/address
    echo 1 > connections/disk-array/connected
    cat connections/disk-array/device)");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("/dev/nvme"));
  EXPECT_THAT(read("connections/disk-array/status"),
              StartsWith("connected\npath tcp://192.168.2.40:4420 live nvme"));
}

TEST_F(ConnectionsMount, LeavesNothingBehind) {
  draft();
  EXPECT_EQ(sh("echo 1 > connections/disk-array/connected && "
               "echo 0 > connections/disk-array/connected && rmdir connections/disk-array")
                .status,
            0);
  EXPECT_EQ(sh("ls connections").out, "config.json\n");
}

TEST_F(ConnectionsMount, ShowsTheFilesOfAConnection) {
  draft();
  EXPECT_EQ(sh("ls connections/disk-array").out,
            "address\nconnected\ndevice\nnqn\noptions\nstatus\n");
  EXPECT_THAT(
      sh("ls connections/disk-array/options").out,
      AllOf(HasSubstr("ctrl_loss_tmo\n"), HasSubstr("queue_size\n"), HasSubstr("host_nqn\n")));
  EXPECT_EQ(read("connections/disk-array/nqn"), "disk-array\n");
  EXPECT_EQ(read("connections/disk-array/address"), "tcp://192.168.2.40:4420\n");
}

TEST_F(ConnectionsMount, SaysWhyNothingIsConnected) {
  draft("tcp://192.168.2.41");
  EXPECT_EQ(write("connections/disk-array/connected", "1"), ECONNREFUSED);
  EXPECT_THAT(read("connections/disk-array/status"),
              AllOf(StartsWith("disconnected\n"), HasSubstr("refused ECONNREFUSED ")));
  EXPECT_EQ(read("connections/disk-array/connected"), "0\n");
}

TEST_F(ConnectionsMount, KeepsRmdirFromWhatIsConnected) {
  draft();
  ASSERT_EQ(write("connections/disk-array/connected", "1"), 0);
  EXPECT_NE(sh("rmdir connections/disk-array").status, 0);
  EXPECT_EQ(write("connections/disk-array/connected", "0"), 0);
}

TEST_F(ConnectionsMount, TakesOptionsAndGivesThemBack) {
  draft();
  EXPECT_EQ(write("connections/disk-array/options/queue_size", "64"), 0);
  EXPECT_EQ(read("connections/disk-array/options/queue_size"), "64\n");
  EXPECT_EQ(write("connections/disk-array/options/queue_size", "64,nqn=evil"), EINVAL);
  EXPECT_EQ(write("connections/disk-array/options/queue_size", ""), 0);
  EXPECT_EQ(read("connections/disk-array/options/queue_size"), "");
}

TEST_F(ConnectionsMount, NeverShowsASecret) {
  // Of 32 bytes 0x61, as `nvme gen-dhchap-key` prints one without a hash.
  const std::string secret = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";
  draft();
  EXPECT_EQ(read("connections/disk-array/options/dhchap_secret"), "unset\n");
  write("connections/disk-array/options/dhchap_secret", secret);
  write("connections/disk-array/options/dhchap_secret", "DHHC-1:00:canary:");
  EXPECT_EQ(sh("stat -c %a connections/disk-array/options/dhchap_secret").out, "600\n");
  EXPECT_THAT(sh("cat log connections/disk-array/status connections/disk-array/options/*").out,
              AllOf(Not(HasSubstr("YWFhYWFh")), Not(HasSubstr("canary"))));
}

TEST_F(ConnectionsMount, StandsInTheLogBesideExports) {
  make_export();
  draft();
  EXPECT_THAT(read("log"), AllOf(HasSubstr("mkdir exports/toto: ok"),
                                 HasSubstr("mkdir connections/disk-array: ok")));
}

}  // namespace
}  // namespace nvmeofs
