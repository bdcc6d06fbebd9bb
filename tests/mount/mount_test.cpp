// Coming and going: mount(8), fstab, the background, signals, dead mounts.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/mount_fixture.h"
#include "support/wait_until.h"

namespace nvmeofs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Mounts that are made by the test itself, in the background too.
class Mounting : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::mkdir(mountpoint_.c_str(), 0755), 0); }
  void TearDown() override {
    while (is_mounted(mountpoint_) && ::umount2(mountpoint_.c_str(), MNT_DETACH) == 0) {
    }
    EXPECT_TRUE(wait_until([this] { return daemons().empty(); })) << "a program was left behind";
    for (const pid_t pid : daemons()) ::kill(pid, SIGKILL);
  }

  // Programs that were started for our mount point, wherever they are now.
  std::vector<pid_t> daemons() const {
    std::vector<pid_t> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      const std::string command = read_file(entry.path().string() + "/cmdline");
      if (command.starts_with(NVMEOFS_PROGRAM) && command.find(mountpoint_) != std::string::npos)
        found.push_back(std::stoi(name));
    }
    return found;
  }

  // mount(8) runs `nvmeofs` by its name, found in a PATH of its own; so the program is put there,
  // in a mount namespace of the test's.
  Outcome with_mount8(const std::string& script) const {
    return bash(
        "unshare --mount --propagation private bash -c '"
        "set -e; mount -t tmpfs tmpfs /usr/local/sbin; ln -s $PROGRAM /usr/local/sbin/nvmeofs; " +
            script + "; umount $DIR'",
        {.environment = {{"PROGRAM", NVMEOFS_PROGRAM}, {"DIR", mountpoint_}}});
  }

  TempDir directory_;
  const std::string mountpoint_ = directory_ / "mnt";
};

TEST_F(Mounting, GoesToTheBackgroundWhenTheTreeIsThere) {
  ASSERT_EQ(run({NVMEOFS_PROGRAM, "sim", mountpoint_}).status, 0);
  EXPECT_EQ(bash("ls " + mountpoint_).out,
            "README\nconfig.json\nconnections\ndiscovery\nexports\nhosts\nlog\nmetrics\nports\ntopology.dot\n");
  EXPECT_EQ(run({"umount", mountpoint_}).status, 0);
}

TEST_F(Mounting, WorksThroughMount8) {
  const Outcome outcome = with_mount8(
      "mount -t fuse.nvmeofs sim $DIR -o transport=tcp; findmnt -n -o SOURCE,FSTYPE $DIR; ls $DIR");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("sim"), HasSubstr("fuse.nvmeofs"), HasSubstr("exports")));
}

TEST_F(Mounting, WorksFromFstab) {
  std::ofstream(directory_ / "fstab")
      << "sim " << mountpoint_
      << " fuse.nvmeofs defaults,nofail,_netdev,x-systemd.automount,hosts=none 0 0\n";
  const Outcome outcome =
      with_mount8("mount --bind " + directory_ / "fstab" +
                  " /etc/fstab; mount $DIR; mkdir $DIR/exports/toto; cat $DIR/exports/toto/status");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("hosts nobody"));
}

// Whatever fstab says, no program and no device comes out of this tree.
TEST_F(Mounting, TakesWhatMount8HandsOn) {
  const Outcome outcome = with_mount8(
      "mount -t fuse.nvmeofs sim $DIR -o rw,dev,suid,noexec,noauto,user,nofail,_netdev; "
      "findmnt -n -o OPTIONS $DIR");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("nosuid"), HasSubstr("nodev"), HasSubstr("default_permissions")));
}

TEST_F(Mounting, TellsMount8WhyNot) {
  const Outcome outcome = with_mount8("mount -t fuse.nvmeofs sim $DIR -o colour=red");
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("nvmeofs: option 'colour=red' is not known"));
}

class Stopping : public Mounting, public ::testing::WithParamInterface<int> {};

TEST_P(Stopping, UnmountsAndSaysSuccess) {
  Subprocess program({NVMEOFS_PROGRAM, "sim", mountpoint_, "-f"});
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(mountpoint_ + "/exports"); }));
  program.signal(GetParam());
  const Outcome& outcome = program.wait(std::chrono::seconds(10));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_FALSE(is_mounted(mountpoint_));
}

INSTANTIATE_TEST_SUITE_P(Signals, Stopping, ::testing::Values(SIGTERM, SIGINT, SIGHUP),
                         [](const auto& test) {
                           return std::string("Signal") + std::to_string(test.param);
                         });

// A lazy unmount leaves the connection alive for who has a file open; the program ends all the
// same.
TEST_F(Mounting, EndsByASignalAlsoWhenAFileIsOpen) {
  Subprocess program({NVMEOFS_PROGRAM, "sim", mountpoint_, "-f"});
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(mountpoint_ + "/exports"); }));
  Subprocess holder({"sleep", "600"}, {.directory = mountpoint_ + "/exports"});
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(std::chrono::seconds(10)).status, 0);
  EXPECT_FALSE(is_mounted(mountpoint_));
}

TEST_F(Mounting, EndsWellWhenItIsUnmounted) {
  Subprocess program({NVMEOFS_PROGRAM, "sim", mountpoint_, "-f"});
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(mountpoint_ + "/exports"); }));
  ASSERT_EQ(run({"umount", mountpoint_}).status, 0);
  EXPECT_EQ(program.wait(std::chrono::seconds(10)).status, 0);
}

// As a container or a service has one that was started while the view was mounted.
TEST_F(Mounting, EndsWhenItIsUnmountedAlsoWithACopyInAnotherNamespace) {
  ASSERT_EQ(run({NVMEOFS_PROGRAM, "sim", mountpoint_}).status, 0);
  const Subprocess other({"unshare", "--mount", "--propagation", "private", "bash", "-c",
                          "touch " + (directory_ / "there") + "; exec sleep 60"});
  ASSERT_TRUE(wait_until([this] { return std::filesystem::exists(directory_ / "there"); }));
  EXPECT_EQ(::umount(mountpoint_.c_str()), 0);
  EXPECT_TRUE(wait_until([this] { return daemons().empty(); }));
}

TEST_F(Mounting, TakesADeadMountOfOursAway) {
  {
    Subprocess program({NVMEOFS_PROGRAM, "sim", mountpoint_, "-f"});
    ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(mountpoint_ + "/exports"); }));
    program.signal(SIGKILL);
    program.wait();
  }
  EXPECT_THAT(bash("ls " + mountpoint_).err, HasSubstr("Transport endpoint is not connected"));
  const Outcome outcome = run({NVMEOFS_PROGRAM, "sim", mountpoint_});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(mounts_on(mountpoint_), 1);
  EXPECT_EQ(bash("ls " + mountpoint_).out,
            "README\nconfig.json\nconnections\ndiscovery\nexports\nhosts\nlog\nmetrics\nports\ntopology.dot\n");
}

TEST_F(Mounting, RefusesASecondMountOnTheSameDirectory) {
  ASSERT_EQ(run({NVMEOFS_PROGRAM, "sim", mountpoint_}).status, 0);
  const Outcome second = run({NVMEOFS_PROGRAM, "sim", mountpoint_});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.err, HasSubstr("nvmeofs is mounted on " + mountpoint_ + " already; umount"));
  EXPECT_EQ(mounts_on(mountpoint_), 1);
}

TEST_F(Mounting, SaysWhyItCannotMountThere) {
  const Outcome missing = run({NVMEOFS_PROGRAM, "sim", directory_ / "missing"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("nvmeofs: cannot mount on " + directory_ / "missing"));
  std::ofstream(directory_ / "file") << "x";
  const Outcome file = run({NVMEOFS_PROGRAM, "sim", directory_ / "file"});
  EXPECT_EQ(file.status, 1);
  EXPECT_THAT(file.err, HasSubstr("Not a directory"));
}

TEST_F(Mounting, FollowsASymbolicLinkToTheDirectory) {
  std::filesystem::create_symlink(mountpoint_, directory_ / "link");
  ASSERT_EQ(run({NVMEOFS_PROGRAM, "sim", directory_ / "link"}).status, 0);
  EXPECT_TRUE(is_mounted(mountpoint_));
}

}  // namespace
}  // namespace nvmeofs
