#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "store/state_text.h"
#include "store_support.h"

namespace nvmeofs {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAreArray;

std::string export_number(unsigned number) {
  return fmt::format("export{}", number);
}

// Saves `export<first>` to `export<last>`, one after the other.
void save_each(StateFile& store, unsigned first, unsigned last) {
  for (unsigned number = first; number <= last; ++number)
    ASSERT_TRUE(store.save(small_state(export_number(number)))) << number;
}

std::string export_in(const std::string& file) {
  const auto content = read_state(text_of(file));
  return content ? content->state.exports.begin()->first : content.error().message;
}

std::vector<std::string> names_from(unsigned first, unsigned last) {
  std::vector<std::string> names = {"state.json"};
  for (unsigned number = first; number <= last; ++number)
    names.push_back(fmt::format("state.json.{}", number));
  return names;
}

TEST(Generations, AreTheStatesBefore) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 1, 3);
  EXPECT_EQ(export_in(fixture.path), "export3");
  EXPECT_EQ(export_in(fixture.path + ".2"), "export2");
  EXPECT_EQ(export_in(fixture.path + ".1"), "export1");
  EXPECT_THAT(names_in(fixture.directory.path()), UnorderedElementsAreArray(names_from(1, 2)));
}

TEST(Generations, AreTheLastTen) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 1, 25);
  EXPECT_THAT(names_in(fixture.directory.path()), UnorderedElementsAreArray(names_from(15, 24)));
  for (unsigned number = 15; number <= 24; ++number)
    EXPECT_EQ(export_in(fmt::format("{}.{}", fixture.path, number)), export_number(number));
}

TEST(Generations, AreTheLastTenOverStarts) {
  StoreFixture fixture;
  for (unsigned number = 1; number <= 25; ++number) {
    fixture.reopen();
    ASSERT_TRUE(fixture.store->load());
    save_each(*fixture.store, number, number);
  }
  EXPECT_THAT(names_in(fixture.directory.path()), UnorderedElementsAreArray(names_from(15, 24)));
}

TEST(Generations, LeaveTheFilesOfOthersAlone) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 1, 5);
  const auto text = text_of(fixture.path);
  std::map<std::string, std::string> others;
  for (const char* name : {"other", "state.json.bak", "state.json.0", "state.json.01",
                           "state.json.", "state.json.1.gz", "state.json.20260701",
                           "state.json.tmp-x", "state.json.tmp-0123456789abcdeg", "state.jso",
                           "xstate.json.1", "state.json.99999999999999999999999"}) {
    write_text(fixture.directory / name, text);
    others[name] = text;
  }
  fixture.reopen();
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 6, 40);
  const auto left = texts_in(fixture.directory.path());
  for (const auto& other : others) EXPECT_THAT(left, testing::Contains(other));
  EXPECT_EQ(export_in(fixture.path), "export40");
}

TEST(Generations, OfAnEditByHandAreKept) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 1, 3);
  write_text(fixture.path, edited(replaced(text_of(fixture.path), "export3", "by-hand")));
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 4, 4);
  EXPECT_EQ(export_in(fixture.path + ".3"), "by-hand");
}

TEST(Generations, AreAllThereAfterOneWasCopiedBack) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 1, 6);
  std::filesystem::copy_file(fixture.path, fixture.directory / "six");
  std::filesystem::copy_file(fixture.path + ".2", fixture.path,
                             std::filesystem::copy_options::overwrite_existing);
  fixture.reopen();
  ASSERT_EQ(fixture.store->load(), small_state("export2"));
  save_each(*fixture.store, 7, 8);
  EXPECT_EQ(export_in(fixture.path), "export8");
  for (unsigned number = 1; number <= 5; ++number)
    EXPECT_EQ(export_in(fmt::format("{}.{}", fixture.path, number)), export_number(number));
  EXPECT_EQ(export_in(fixture.path + ".6"), "export7");
}

TEST(Generations, OfACopyThatWasEditedAreKeptUnderAFreeNumber) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 1, 4);
  write_text(fixture.path, edited(replaced(text_of(fixture.path + ".2"), "export2", "by-hand")));
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 5, 5);
  EXPECT_EQ(export_in(fixture.path + ".2"), "export2");
  EXPECT_EQ(export_in(fixture.path + ".3"), "export3");
  EXPECT_EQ(export_in(fixture.path + ".4"), "by-hand");
}

TEST(Generations, ThatCannotBeRemovedDoNotFailASave) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 1, 11);
  fixture.files.before = [](const std::string& call) { return call == "unlink" ? EIO : 0; };
  save_each(*fixture.store, 12, 12);
  fixture.files.before = nullptr;
  EXPECT_EQ(fixture.store->load(), small_state("export12"));
  EXPECT_TRUE(std::filesystem::exists(fixture.path + ".1"));
  save_each(*fixture.store, 13, 13);
  EXPECT_THAT(names_in(fixture.directory.path()), UnorderedElementsAreArray(names_from(3, 12)));
}

TEST(Generations, OfAStateThatWasRemovedMeanwhileStay) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 1, 3);
  std::filesystem::remove(fixture.path);
  save_each(*fixture.store, 4, 5);
  EXPECT_EQ(export_in(fixture.path), "export5");
  EXPECT_EQ(fixture.store->load(), small_state("export5"));
}

TEST(Generations, AreReadableByTheirOwnerOnly) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  save_each(*fixture.store, 1, 2);
  struct stat status {};
  ASSERT_EQ(::stat((fixture.path + ".1").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(status.st_nlink, 1U);
}

}  // namespace
}  // namespace nvmeofs
