// Every system call of a save, refused or the last one that the process makes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "store/state_text.h"
#include "store_support.h"

namespace nvmeofs {
namespace {

using testing::HasSubstr;

constexpr std::size_t no_step = 1000;

// A save over `saves` that were before it.
struct OneSave : StoreFixture {
  explicit OneSave(unsigned saves) {
    if (!store->load()) ADD_FAILURE() << "not loaded";
    for (unsigned number = 0; number < saves; ++number) {
      old = small_state(fmt::format("old{}", number));
      if (!store->save(old)) ADD_FAILURE() << "not saved";
    }
    files.calls.clear();
  }

  StoredState old;
  StoredState next = small_state("next");
};

// What a start would load.
Result<StoredState> after_a_start(StoreFixture& fixture) {
  fixture.files.before = nullptr;
  fixture.reopen();
  return fixture.store->load();
}

std::size_t steps_of_a_save(unsigned saves) {
  OneSave save(saves);
  EXPECT_TRUE(save.store->save(save.next));
  return save.files.calls.size();
}

class FailedSaveAtEachStep : public testing::TestWithParam<int> {};

TEST_P(FailedSaveAtEachStep, LeavesTheOldStateAndNothingElse) {
  const int errnum = GetParam();
  for (const unsigned saves : {0U, 1U, 3U}) {
    const auto steps = steps_of_a_save(saves);
    ASSERT_EQ(steps, saves == 0 ? 6U : 7U);
    for (std::size_t step = 0; step < steps; ++step) {
      OneSave save(saves);
      const auto before = texts_in(save.directory.path());
      save.files.before = [&, now = std::size_t{0}](const std::string&) mutable {
        return now++ == step ? errnum : 0;
      };
      const auto saved = save.store->save(save.next);
      const std::string call = save.files.calls[step];
      ASSERT_FALSE(saved) << call;
      EXPECT_EQ(saved.error().errnum, errnum) << call;
      EXPECT_EQ(saved.error().reason, Reason::not_saved) << call;
      EXPECT_THAT(saved.error().message, HasSubstr(save.path)) << call;
      EXPECT_EQ(texts_in(save.directory.path()), before) << call;

      // The one after it works, and keeps what it should.
      save.files.before = nullptr;
      ASSERT_TRUE(save.store->save(save.next)) << call;
      auto wanted = before;
      if (saves > 0) wanted[fmt::format("state.json.{}", saves)] = before.at("state.json");
      auto found = texts_in(save.directory.path());
      EXPECT_EQ(read_state(found.at("state.json"))->state, save.next) << call;
      wanted["state.json"] = found.at("state.json");
      EXPECT_EQ(found, wanted) << call;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(WithErrno, FailedSaveAtEachStep,
                         testing::Values(ENOSPC, EIO, EROFS, EDQUOT, EMFILE, ENOMEM, EACCES, EPERM,
                                         EEXIST, EMLINK, ESTALE),
                         [](const auto& test) { return errno_name(test.param); });

TEST(FailedSave, OfAFullDiskAmidTheTextLeavesTheOldState) {
  OneSave save(2);
  const auto before = texts_in(save.directory.path());
  save.files.longest_write = 100;
  save.files.before = [now = 0](const std::string& call) mutable {
    return call == "write" && ++now == 4 ? ENOSPC : 0;
  };
  EXPECT_EQ(save.store->save(save.next).error().errnum, ENOSPC);
  EXPECT_EQ(texts_in(save.directory.path()), before);
}

TEST(FailedSave, OfTheDirectorysSyncPutsTheOldStateBackOrSaysThatItIsNot) {
  for (const unsigned saves : {0U, 2U}) {
    OneSave save(saves);
    const auto before = texts_in(save.directory.path());
    // From the first sync of the directory on, all of them fail.
    save.files.before = [](const std::string& call) { return call == "fsync directory" ? EIO : 0; };
    const auto saved = save.store->save(save.next);
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error().message, HasSubstr("a power cut may bring the new state back"));
    EXPECT_EQ(texts_in(save.directory.path()), before);
  }
  for (const unsigned saves : {0U, 2U}) {
    OneSave save(saves);
    save.files.before = [synced = false](const std::string& call) mutable {
      synced = synced || call == "fsync directory";
      return synced ? EIO : 0;
    };
    const auto saved = save.store->save(save.next);
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error().message, HasSubstr("it holds the new state"));
    EXPECT_EQ(read_state(text_of(save.path))->state, save.next);
    save.files.before = nullptr;
    ASSERT_TRUE(save.store->save(small_state("later")));
    EXPECT_EQ(after_a_start(save), small_state("later"));
  }
}

TEST(FailedSave, OfTheDirectorysSyncIsMadeGoodByTheNextEvenOfTheOldState) {
  OneSave save(2);
  save.files.before = [](const std::string& call) { return call == "fsync directory" ? EIO : 0; };
  ASSERT_FALSE(save.store->save(save.next));
  save.files.before = nullptr;
  save.files.calls.clear();
  ASSERT_TRUE(save.store->save(save.old));
  EXPECT_THAT(save.files.calls, testing::Contains("fsync directory"));
  EXPECT_EQ(after_a_start(save), save.old);
}

TEST(FailedSave, ThatCannotEvenTidyUpIsTidiedByTheNextStart) {
  OneSave save(2);
  const auto before = texts_in(save.directory.path());
  save.files.before = [](const std::string& call) {
    return call == "rename" || call == "unlink" ? EIO : 0;
  };
  ASSERT_FALSE(save.store->save(save.next));
  EXPECT_NE(texts_in(save.directory.path()), before);
  EXPECT_EQ(after_a_start(save), save.old);
  EXPECT_EQ(texts_in(save.directory.path()), before);
}

// The process ends before call number `step`, as by SIGKILL: no destructor runs.
void save_and_die(OneSave& save, std::size_t step) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    save.files.longest_write = 300;
    save.files.before = [now = std::size_t{0}, step](const std::string&) mutable {
      if (now++ == step) ::_exit(7);
      return 0;
    };
    ::_exit(save.store->save(save.next) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), step == no_step ? 0 : 7);
}

TEST(KilledSave, LeavesTheOldOrTheNewStateAtEveryStep) {
  for (const unsigned saves : {0U, 1U, 12U}) {
    OneSave counted(saves);
    counted.files.longest_write = 300;
    ASSERT_TRUE(counted.store->save(counted.next));
    const auto steps = counted.files.calls.size();
    ASSERT_GE(steps, 8U);
    bool was_old = false;
    bool was_new = false;
    for (std::size_t step = 0; step < steps; ++step) {
      OneSave save(saves);
      const auto before = texts_in(save.directory.path());
      save_and_die(save, step);
      const auto state = after_a_start(save);
      const std::string call = counted.files.calls[step];
      ASSERT_TRUE(state) << call << state.error().message;
      if (*state == save.old) {
        was_old = true;
        EXPECT_EQ(texts_in(save.directory.path()), before) << call;
      } else {
        was_new = true;
        EXPECT_EQ(*state, save.next) << call;
        if (saves > 0) {
          EXPECT_EQ(text_of(fmt::format("{}.{}", save.path, saves)), before.at("state.json"));
        }
      }
      for (const auto& [name, text] : texts_in(save.directory.path()))
        EXPECT_TRUE(read_state(text)) << name << " after " << call;
      ASSERT_TRUE(save.store->save(small_state("later"))) << call;
      EXPECT_EQ(after_a_start(save), small_state("later")) << call;
      EXPECT_LE(names_in(save.directory.path()).size(), 11U);
    }
    EXPECT_TRUE(was_old);
    EXPECT_TRUE(was_new);
  }
}

TEST(KilledSave, AfterItsReturnHasSaved) {
  OneSave save(3);
  save_and_die(save, no_step);
  EXPECT_EQ(after_a_start(save), save.next);
}

}  // namespace
}  // namespace nvmeofs
