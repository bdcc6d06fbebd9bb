// What happens at the paths that are followed.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "probe/device_probe.h"
#include "probe/path_events.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

using std::filesystem::create_directories;
using std::filesystem::create_directory;
using std::filesystem::create_symlink;
using std::filesystem::remove;
using std::filesystem::rename;

PathEvents opened() {
  auto events = PathEvents::open();
  if (!events) throw std::runtime_error(events.error().message);
  return std::move(*events);
}

class Paths : public ::testing::Test {
 protected:
  void follow(const std::string& path) {
    EXPECT_TRUE(events_.follow({path}));
    ASSERT_FALSE(told());
  }
  // Whether something was told; not any more.
  bool told(bool moved = false) {
    const bool readable = is_readable(events_.fd());
    events_.take(moved);
    // The end of a watch that is needed no more tells itself, once.
    if (is_readable(events_.fd())) events_.take(false);
    EXPECT_FALSE(is_readable(events_.fd()));
    return readable;
  }
  void resize(const std::string& path, off_t bytes) {
    ASSERT_EQ(truncate(path.c_str(), bytes), 0) << std::strerror(errno);
  }

  PrivateNamespace mounts_{CLONE_NEWNS};
  TempFolder folder_;
  PathEvents events_ = opened();
};

TEST_F(Paths, TellOfAFileThatIsMade) {
  follow(folder_ / "disk");
  folder_.file("disk", 1);
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellOfAFileWhoseFoldersAreMadeLater) {
  follow(folder_ / "a/b/disk");
  create_directory(folder_ / "a");
  EXPECT_TRUE(told());
  create_directory(folder_ / "a/b");
  EXPECT_TRUE(told());
  folder_.file("a/b/disk", 1);
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellOfAFileThatCameWithItsFolder) {
  create_directory(folder_ / "new");
  folder_.file("new/disk", 1);
  follow(folder_ / "a/disk");
  rename(folder_ / "new", folder_ / "a");
  EXPECT_TRUE(told());
  remove(folder_ / "a/disk");
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellOfAFileThatIsRemovedWhileItIsOpen) {
  const std::string file = folder_.file("disk", 1);
  const Fd open_file(open(file.c_str(), O_RDWR | O_CLOEXEC));
  follow(file);
  remove(file);
  EXPECT_TRUE(told());
  folder_.file("disk", 1);
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellOfAFileThatIsMovedAwayWithItsFolder) {
  create_directory(folder_ / "a");
  const std::string file = folder_.file("a/disk", 1);
  follow(file);
  rename(folder_ / "a", folder_ / "b");
  EXPECT_TRUE(told());
  rename(folder_ / "b", folder_ / "a");
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellOfAFileThatIsReplaced) {
  const std::string file = folder_.file("disk", 1);
  const std::string next = folder_.file("next", 1);
  const Fd open_file(open(file.c_str(), O_RDWR | O_CLOEXEC));
  follow(file);
  rename(next, file);
  EXPECT_TRUE(told());
  remove(file);
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellOfAFileThatGrows) {
  const std::string file = folder_.file("disk", 1);
  follow(file);
  resize(file, 2 << 20);
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellOfWritesAtMostOnceASecondAndMissNone) {
  const std::string file = folder_.file("disk", 1);
  follow(file);
  resize(file, 2 << 20);
  EXPECT_TRUE(told());
  resize(file, 3 << 20);
  EXPECT_FALSE(is_readable(events_.fd()));
  EXPECT_TRUE(becomes_readable(events_.alarm_fd()));
  events_.take(false);
  resize(file, 4 << 20);
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellOfALinkThatIsTurned) {
  create_symlink(folder_.file("first", 1), folder_ / "link");
  create_symlink(folder_.file("second", 1), folder_ / "next");
  follow(folder_ / "link");
  rename(folder_ / "next", folder_ / "link");
  EXPECT_TRUE(told());
  remove(folder_ / "second");
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellOfWhatALinkWaitsFor) {
  create_directories(folder_ / "a/b");
  create_symlink("../b/../b/disk", folder_ / "a/b/link");
  create_symlink("a/b/link", folder_ / "link");
  follow(folder_ / "link");
  folder_.file("a/b/disk", 1);
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellWhereAMountLeadsThemTo) {
  create_directory(folder_ / "mnt");
  follow(folder_ / "mnt/disk");
  const MountedAt mount("none", folder_ / "mnt", "tmpfs");
  told(true);
  folder_.file("mnt/disk", 1);
  EXPECT_TRUE(told());
}

TEST_F(Paths, EndNotInALoopOfLinks) {
  create_symlink("b", folder_ / "a");
  create_symlink("a", folder_ / "b");
  follow(folder_ / "a");
  remove(folder_ / "b");
  EXPECT_TRUE(told());
}

TEST_F(Paths, TellNothingOfOtherFiles) {
  const std::string file = folder_.file("disk", 1);
  follow(file);
  folder_.file("other", 1);
  remove(folder_ / "other");
  EXPECT_FALSE(is_readable(events_.fd()));
}

// Whoever examines at each news must not make the next ones by that.
TEST_F(Paths, TellNothingOfAnExamination) {
  const std::string file = folder_.file("disk", 1);
  follow(file);
  MachineDevices devices;
  EXPECT_TRUE(devices.examine(device_path(file), Members::refuse));
  EXPECT_TRUE(devices.claim(device_path(file), Members::refuse));
  EXPECT_FALSE(is_readable(events_.fd()));
}

TEST_F(Paths, TellNothingThatIsFollowedNoMore) {
  const std::string file = folder_.file("disk", 1);
  follow(file);
  follow(folder_ / "other");
  resize(file, 2 << 20);
  remove(file);
  EXPECT_FALSE(is_readable(events_.fd()));
}

TEST_F(Paths, AreNotTouchedOnOurOwnMount) {
  create_directory(folder_ / "mnt");
  const DeadMount mount(folder_ / "mnt");
  create_symlink(folder_ / "mnt/exports/toto", folder_ / "link");
  EXPECT_TRUE(events_.follow({folder_ / "mnt/exports/toto/device", folder_ / "link/device"}));
  EXPECT_FALSE(told());
}

TEST_F(Paths, AreLookedAtOnceWhenTheyAreTheSame) {
  follow(folder_ / "disk");
  EXPECT_FALSE(events_.follow({folder_ / "disk"}));
}

}  // namespace
}  // namespace nvmeofs::test
