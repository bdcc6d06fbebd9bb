#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "store_support.h"

namespace nvmeofs {
namespace {

using testing::HasSubstr;

TEST(StateLock, IsHeldByOneAndNamesIt) {
  StoreFixture fixture;
  const auto second = StateFile::open(fixture.path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().errnum, EBUSY);
  EXPECT_THAT(second.error().message, HasSubstr(fmt::format("process {} uses it", ::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr(fixture.path));
}

TEST(StateLock, IsFreeAfterItsHolder) {
  StoreFixture fixture;
  fixture.store.reset();
  EXPECT_TRUE(StateFile::open(fixture.path));
}

TEST(StateLock, IsFreeAfterItsHolderWasKilled) {
  StoreFixture fixture;
  fixture.store.reset();
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = StateFile::open(fixture.path);
    ::_exit(store ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(StateFile::open(fixture.path));
}

TEST(StateLock, NamesNobodyWhereNoPidIsReadable) {
  StoreFixture fixture;
  for (const char* text : {"", "\x1b[2J", "x1"}) {
    write_text(fixture.path + ".lock", text);
    EXPECT_THAT(StateFile::open(fixture.path).error().message,
                HasSubstr("another nvmeofs uses it"));
  }
}

TEST(StateLock, OfALinkOrAnothersFileIsRefused) {
  TempDir directory;
  const auto path = directory / "state.json";
  write_text(directory / "victim", "text");
  std::filesystem::create_symlink("victim", path + ".lock");
  EXPECT_EQ(StateFile::open(path).error().errnum, ELOOP);
  EXPECT_EQ(text_of(directory / "victim"), "text");

  std::filesystem::remove(path + ".lock");
  write_text(path + ".lock", "1");
  ASSERT_EQ(::chown((path + ".lock").c_str(), 65534, 0), 0);
  EXPECT_EQ(StateFile::open(path).error().errnum, EPERM);

  std::filesystem::remove(path + ".lock");
  ASSERT_EQ(::mkfifo((path + ".lock").c_str(), 0600), 0);
  EXPECT_EQ(StateFile::open(path).error().errnum, EPERM);
}

TEST(StateLock, ThatCannotBeTakenCarriesTheErrno) {
  // Each call of open, one after the other, until none is refused any more.
  for (const int errnum : {EIO, ENOSPC, EROFS, EMFILE}) {
    int refusals = 0;
    for (std::size_t step = 0;; ++step, ++refusals) {
      ASSERT_LT(step, 50U);
      TempDir directory;
      FaultyFiles files;
      files.before = [&, now = std::size_t{0}](const std::string&) mutable {
        return now++ == step ? errnum : 0;
      };
      const auto store = StateFile::open(directory / "nvmeofs/state.json", files);
      if (store) break;
      EXPECT_EQ(store.error().errnum, errnum) << files.calls.back();
      EXPECT_EQ(store.error().reason, Reason::mount_failed);
      EXPECT_THAT(store.error().message, HasSubstr(directory / "nvmeofs/state.json"));
    }
    EXPECT_EQ(refusals, 12);
  }
}

}  // namespace
}  // namespace nvmeofs
