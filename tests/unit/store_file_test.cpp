#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "store/no_store.h"
#include "store_support.h"

namespace nvmeofs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

TEST(StateFile, IsEmptyWhereNoneIs) {
  StoreFixture fixture;
  EXPECT_EQ(fixture.store->load(), StoredState{});
  EXPECT_THAT(names_in(fixture.directory.path()), ElementsAre());
}

TEST(StateFile, LoadsWhatWasSaved) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  ASSERT_TRUE(fixture.store->save(small_state()));
  EXPECT_EQ(fixture.store->load(), small_state());
  fixture.reopen();
  EXPECT_EQ(fixture.store->load(), small_state());
}

TEST(StateFile, IsForItsOwnerOnlyWhateverTheUmask) {
  for (const mode_t mask : {0U, 0777U}) {
    StoreFixture fixture;
    ASSERT_TRUE(fixture.store->load());
    const mode_t old = ::umask(mask);
    const auto saved = fixture.store->save(small_state());
    ::umask(old);
    ASSERT_TRUE(saved);
    EXPECT_EQ(mode_of(fixture.path), 0600U);
  }
}

TEST(StateFile, MakesItsDirectoryForItsOwnerOnly) {
  TempDir directory;
  FaultyFiles files;
  auto store = StateFile::open(directory / "nvmeofs/state.json", files).value();
  EXPECT_EQ(mode_of(directory / "nvmeofs"), 0700U);
  EXPECT_EQ(mode_of(directory / "nvmeofs/state.json.lock"), 0600U);
  EXPECT_THAT(files.calls, testing::IsSupersetOf({"mkdir", "fsync directory"}));
  ASSERT_TRUE(store->load());
  EXPECT_TRUE(store->save(small_state()));
}

TEST(StateFile, IsRefusedWhereTheParentOfItsDirectoryIsMissing) {
  TempDir directory;
  const auto store = StateFile::open(directory / "a/b/state.json");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().errnum, ENOENT);
  EXPECT_THAT(store.error().message, HasSubstr("the directory " + directory / "a/b"));
  EXPECT_FALSE(std::filesystem::exists(directory / "a"));
}

TEST(StateFile, HasAnAbsolutePathOfAFile) {
  TempDir directory;
  for (const auto& path :
       {std::string("state.json"), std::string(), directory / "", directory / "..",
        directory / "a\nb", directory / std::string("a\0b", 3)}) {
    const auto store = StateFile::open(path);
    ASSERT_FALSE(store) << path;
    EXPECT_EQ(store.error().errnum, EINVAL) << path;
  }
  EXPECT_EQ(StateFile::open(directory / std::string(250, 'x')).error().errnum, ENAMETOOLONG);
  EXPECT_THAT(names_in(directory.path()), ElementsAre());
}

TEST(StateFile, IsRefusedWhereOthersMayRename) {
  TempDir directory;
  ASSERT_EQ(::chmod(directory.path().c_str(), 0777), 0);
  EXPECT_EQ(StateFile::open(directory / "state.json").error().errnum, EPERM);
  ASSERT_EQ(::chmod(directory.path().c_str(), 01777), 0);
  EXPECT_TRUE(StateFile::open(directory / "state.json"));
}

TEST(StateFile, IsRefusedWhereTheDirectoryIsAnothers) {
  TempDir directory;
  ASSERT_EQ(::chown(directory.path().c_str(), 65534, 0), 0);
  EXPECT_EQ(StateFile::open(directory / "state.json").error().errnum, EPERM);
}

TEST(StateFile, IsSyncedBeforeTheRenameAndItsDirectoryAfter) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  ASSERT_TRUE(fixture.store->save(small_state()));
  fixture.files.calls.clear();
  ASSERT_TRUE(fixture.store->save(small_state("tata")));
  EXPECT_THAT(fixture.files.calls, ElementsAre("create", "fchmod", "write", "fsync", "link",
                                               "rename", "fsync directory"));
}

TEST(StateFile, IsWrittenWholeInShortWrites) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  fixture.files.longest_write = 7;
  ASSERT_TRUE(fixture.store->save(small_state()));
  EXPECT_EQ(fixture.store->load(), small_state());
}

TEST(StateFile, IsWrittenOnThroughSignals) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  fixture.files.before = [i = 0](const std::string& call) mutable {
    return call == "write" && ++i % 2 == 1 ? EINTR : 0;
  };
  fixture.files.longest_write = 100;
  ASSERT_TRUE(fixture.store->save(small_state()));
  EXPECT_EQ(fixture.store->load(), small_state());
}

TEST(StateFile, IsNotWrittenWhenNothingChanged) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  ASSERT_TRUE(fixture.store->save({}));
  EXPECT_THAT(names_in(fixture.directory.path()), ElementsAre());
  ASSERT_TRUE(fixture.store->save(small_state()));
  for (int start = 0; start < 2; ++start) {
    fixture.files.calls.clear();
    ASSERT_TRUE(fixture.store->save(small_state()));
    EXPECT_THAT(fixture.files.calls, ElementsAre());
    fixture.reopen();
    ASSERT_TRUE(fixture.store->load());
  }
}

TEST(StateFile, IsWrittenWhenTheLastExportGoes) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  ASSERT_TRUE(fixture.store->save(small_state()));
  ASSERT_TRUE(fixture.store->save({}));
  EXPECT_EQ(fixture.store->load(), StoredState{});
}

TEST(StateFile, KeepsKeysThatItDoesNotKnowOverSaves) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  ASSERT_TRUE(fixture.store->save(small_state()));
  write_text(fixture.path,
             edited(replaced(text_of(fixture.path), "\"device\"", R"("qos": "gold", "device")")));
  ASSERT_TRUE(fixture.store->load());
  auto state = small_state();
  for (int round = 0; round < 3; ++round) {
    auto& enabled = state.exports.at("toto").wanted.enabled;
    enabled = !enabled;
    ASSERT_TRUE(fixture.store->save(state));
    EXPECT_THAT(text_of(fixture.path), HasSubstr(R"("qos": "gold")"));
  }
}

TEST(StateFile, SavesNothingBeforeItIsLoaded) {
  StoreFixture fixture;
  const auto saved = fixture.store->save(small_state());
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().reason, Reason::not_saved);
  EXPECT_THAT(names_in(fixture.directory.path()), ElementsAre());
}

TEST(StateFile, IsNotWrittenOfAStateThatItCouldNotRead) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  ASSERT_TRUE(fixture.store->save(small_state()));
  const auto before = texts_in(fixture.directory.path());
  auto state = small_state();
  state.exports.at("toto").wanted.identity.serial = "";
  const auto saved = fixture.store->save(state);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().reason, Reason::not_saved);
  EXPECT_EQ(texts_in(fixture.directory.path()), before);
}

TEST(StateFile, HoldsThousandsOfExports) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  StoredState state;
  for (unsigned i = 0; i < 2000; ++i) {
    const auto name = fmt::format("nqn.2026-07.example:{}", i);
    state.exports.emplace(name, small_export(name, i));
  }
  ASSERT_TRUE(fixture.store->save(state));
  EXPECT_EQ(fixture.store->load(), state);
}

TEST(NoStore, IsAlwaysEmpty) {
  NoStore store;
  EXPECT_TRUE(store.save(small_state()));
  EXPECT_EQ(store.load(), StoredState{});
}

}  // namespace
}  // namespace nvmeofs
