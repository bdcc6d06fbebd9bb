// What a user who is not root may have served.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "probe/device_probe.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

using std::filesystem::create_directory;
using std::filesystem::create_symlink;
using ::testing::HasSubstr;

constexpr uid_t user = 65533;
constexpr gid_t group = 65533;
constexpr gid_t other_group = 65532;

// On a file system of its own over a directory of root's: /tmp is everybody's.
class CallerAccess : public ::testing::Test {
 protected:
  std::string make(const std::string& name, uid_t uid, gid_t gid, mode_t mode) {
    const std::string path = root_ + "/" + name;
    run("truncate -s 1M " + path);
    EXPECT_EQ(chown(path.c_str(), uid, gid), 0);
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  // The errno, and in `said_` the sentence.
  int asked(const std::string& path, std::vector<gid_t> groups = {}) {
    const auto may = devices_.check_caller({.uid = user,
                                            .pid = getpid(),
                                            .command = "test",
                                            .gid = group,
                                            .groups = std::move(groups)},
                                           path);
    said_ = may ? "" : may.error().message;
    if (may) return 0;
    EXPECT_EQ(may.error().reason, Reason::device_not_yours);
    return may.error().errnum;
  }

  PrivateNamespace mounts_{CLONE_NEWNS};
  const std::string root_ = "/mnt";
  MountedAt tmpfs_{"tmpfs", root_, "tmpfs", 0, "mode=0755"};
  MachineDevices devices_;
  std::string said_;
};

TEST_F(CallerAccess, IsGivenForWhatHeMayReadAndWrite) {
  EXPECT_EQ(asked(make("his", user, 0, 0600)), 0) << said_;
  EXPECT_EQ(asked(make("everybodys", 0, 0, 0666)), 0) << said_;
  EXPECT_EQ(asked(make("his_groups", 0, group, 0660)), 0) << said_;
}

TEST_F(CallerAccess, IsRefusedForWhatHeMayOnlyRead) {
  EXPECT_EQ(asked(make("readable", 0, 0, 0644)), EACCES);
  EXPECT_THAT(said_, HasSubstr("uid 65533 may not read and write it"));
}

TEST_F(CallerAccess, IsRefusedForWhatIsRootsAlone) {
  EXPECT_EQ(asked(make("roots", 0, 0, 0600)), EACCES);
}

TEST_F(CallerAccess, CountsSupplementaryGroups) {
  const auto path = make("groups", 0, other_group, 0660);
  EXPECT_EQ(asked(path), EACCES);
  EXPECT_EQ(asked(path, {other_group}), 0) << said_;
}

TEST_F(CallerAccess, IsRefusedBelowADirectoryThatHeMayNotEnter) {
  create_directory(root_ + "/closed");
  ASSERT_EQ(chmod((root_ + "/closed").c_str(), 0700), 0);
  EXPECT_EQ(asked(make("closed/his", user, 0, 0600)), EACCES);
}

TEST_F(CallerAccess, IsRefusedWhereOthersCouldPutAnotherFile) {
  create_directory(root_ + "/home");
  const auto path = make("home/his", user, 0, 0600);
  ASSERT_EQ(chown((root_ + "/home").c_str(), user, group), 0);
  EXPECT_EQ(asked(path), EACCES);
  EXPECT_THAT(said_, HasSubstr("/mnt/home is not root's alone"));
  ASSERT_EQ(chown((root_ + "/home").c_str(), 0, group), 0);
  ASSERT_EQ(chmod((root_ + "/home").c_str(), 0775), 0);
  EXPECT_EQ(asked(path), EACCES);
  ASSERT_EQ(chmod((root_ + "/home").c_str(), 01777), 0);
  EXPECT_EQ(asked(path), EACCES);
}

TEST_F(CallerAccess, IsRefusedThroughALinkThatOthersCouldChange) {
  const auto path = make("his", user, 0, 0600);
  create_directory(root_ + "/home");
  create_symlink(path, root_ + "/home/link");
  EXPECT_EQ(asked(root_ + "/home/link"), 0) << said_;
  ASSERT_EQ(chown((root_ + "/home").c_str(), user, group), 0);
  EXPECT_EQ(asked(root_ + "/home/link"), EACCES);
  // Also where the path itself does not show it.
  create_symlink(root_ + "/home/link", root_ + "/innocent");
  EXPECT_EQ(asked(root_ + "/innocent"), EACCES);
}

TEST_F(CallerAccess, LeavesThisProcessRoot) {
  asked(make("roots", 0, 0, 0600));
  EXPECT_EQ(geteuid(), 0U);
  EXPECT_EQ(access((root_ + "/roots").c_str(), R_OK | W_OK), 0);
}

}  // namespace
}  // namespace nvmeofs::test
