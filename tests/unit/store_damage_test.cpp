#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "nvmeofs/fd.h"
#include "store_support.h"

namespace nvmeofs {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A state file of three saves, and generations 1 and 2 beside it.
struct SavedThrice : StoreFixture {
  SavedThrice() {
    for (const char* name : {"tata", "titi", "toto"})
      if (!store->load() || !store->save(small_state(name))) ADD_FAILURE() << "not saved";
  }

  // The refusal to load, after which nothing may be written.
  Error refusal() {
    const auto before = names_in(directory.path());
    const auto state = store->load();
    EXPECT_FALSE(state);
    if (state) return {};
    const auto saved = store->save(small_state("other"));
    EXPECT_FALSE(saved);
    if (!saved) {
      EXPECT_EQ(saved.error().reason, Reason::not_saved);
      EXPECT_EQ(saved.error().errnum, state.error().errnum);
      EXPECT_THAT(saved.error().message, HasSubstr(state.error().message));
    }
    EXPECT_EQ(names_in(directory.path()), before);
    EXPECT_EQ(state.error().reason, Reason::state_unreadable);
    EXPECT_THAT(state.error().message, HasSubstr(path));
    return state.error();
  }
};

TEST(DamagedState, IsDetectedInEveryByte) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  ASSERT_TRUE(fixture.store->save(small_state()));
  const std::string text = text_of(fixture.path);
  int whole = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x20U, 0x80U}) {
      auto damaged = text;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ flip);
      write_text(fixture.path, damaged);
      const auto state = fixture.store->load();
      if (!state) continue;
      ++whole;
      // A blank that became another one, or a letter of the key "crc32" itself.
      ASSERT_EQ(*state, small_state()) << "byte " << i << " of " << text;
    }
  }
  EXPECT_GT(whole, 0);
  EXPECT_LT(whole, static_cast<int>(text.size() / 4));
}

TEST(DamagedState, IsDetectedAtEveryLength) {
  StoreFixture fixture;
  ASSERT_TRUE(fixture.store->load());
  ASSERT_TRUE(fixture.store->save(small_state()));
  const std::string text = text_of(fixture.path);
  for (std::size_t length = 0; length + 1 < text.size(); ++length) {
    write_text(fixture.path, text.substr(0, length));
    ASSERT_FALSE(fixture.store->load()) << length;
  }
  write_text(fixture.path, text.substr(0, text.size() - 1));  // but the newline at its end
  EXPECT_EQ(fixture.store->load(), small_state());
}

TEST(DamagedState, IsLeftAsItIsAndNamesTheWayBack) {
  SavedThrice fixture;
  const auto damaged = replaced(text_of(fixture.path), "toto", "toti");
  write_text(fixture.path, damaged);
  const auto error = fixture.refusal();
  EXPECT_EQ(error.errnum, EINVAL);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("it is damaged"), HasSubstr("to go back to the state of 20"),
                    HasSubstr(fmt::format(": cp -a {0}.2 {0}", fixture.path))));
  EXPECT_EQ(text_of(fixture.path), damaged);
}

TEST(DamagedState, NamesTheNewestGenerationThatIsWhole) {
  SavedThrice fixture;
  write_text(fixture.path, "{");
  write_text(fixture.path + ".2", "{");
  EXPECT_THAT(fixture.refusal().message, HasSubstr(fmt::format("cp -a {0}.1 {0}", fixture.path)));
  write_text(fixture.path + ".1", "{");
  EXPECT_THAT(fixture.refusal().message,
              AllOf(HasSubstr("none of the generations"), Not(HasSubstr("cp -a"))));
}

TEST(DamagedState, SaysThatNoGenerationIsKept) {
  StoreFixture fixture;
  write_text(fixture.path, "{");
  EXPECT_THAT(fixture.store->load().error().message, HasSubstr("no generation of it is kept"));
}

TEST(DamagedState, NamesACommandForAShell) {
  SavedThrice fixture;
  fixture.path = fixture.directory / "my state";
  fixture.reopen();
  ASSERT_TRUE(fixture.store->load());
  ASSERT_TRUE(fixture.store->save(small_state()));
  ASSERT_TRUE(fixture.store->save(small_state("tata")));
  write_text(fixture.path, "{");
  EXPECT_THAT(fixture.refusal().message,
              HasSubstr(fmt::format("cp -a '{0}.1' '{0}'", fixture.path)));
}

TEST(DamagedState, CanBeGoneBackFrom) {
  SavedThrice fixture;
  write_text(fixture.path, "{");
  const auto message = fixture.refusal().message;
  ASSERT_EQ(std::system(message.substr(message.find("cp -a")).c_str()), 0);
  EXPECT_EQ(fixture.store->load(), small_state("titi"));
  EXPECT_TRUE(fixture.store->save(small_state("other")));
  EXPECT_EQ(fixture.store->load(), small_state("other"));
}

TEST(DamagedState, OfANewerVersionIsNotOverwritten) {
  SavedThrice fixture;
  const auto newer = replaced(text_of(fixture.path), "\"version\": 1", "\"version\": 3");
  write_text(fixture.path, newer);
  const auto error = fixture.refusal();
  EXPECT_EQ(error.errnum, EINVAL);
  EXPECT_THAT(error.message, AllOf(HasSubstr("a newer nvmeofs"), HasSubstr("cp -a")));
  EXPECT_EQ(text_of(fixture.path), newer);
}

TEST(DamagedState, ThatIsMissingIsNoEmptyState) {
  SavedThrice fixture;
  std::filesystem::remove(fixture.path);
  const auto error = fixture.refusal();
  EXPECT_EQ(error.errnum, ENOENT);
  EXPECT_THAT(error.message, AllOf(HasSubstr("is missing"),
                                   HasSubstr(fmt::format("cp -a {0}.2 {0}", fixture.path)),
                                   HasSubstr("to begin with no exports, move them away")));
  std::filesystem::remove(fixture.path + ".1");
  std::filesystem::remove(fixture.path + ".2");
  EXPECT_EQ(fixture.store->load(), StoredState{});
}

TEST(DamagedState, OfALinkIsRefused) {
  SavedThrice fixture;
  std::filesystem::rename(fixture.path, fixture.directory / "elsewhere");
  std::filesystem::create_symlink("elsewhere", fixture.path);
  EXPECT_EQ(fixture.refusal().errnum, ELOOP);
  EXPECT_TRUE(std::filesystem::is_symlink(fixture.path));
}

TEST(DamagedState, OfAFifoIsRefusedWithoutWaiting) {
  SavedThrice fixture;
  std::filesystem::remove(fixture.path);
  ASSERT_EQ(::mkfifo(fixture.path.c_str(), 0600), 0);
  EXPECT_EQ(fixture.refusal().errnum, EINVAL);
}

TEST(DamagedState, OfADirectoryIsRefused) {
  SavedThrice fixture;
  std::filesystem::remove(fixture.path);
  std::filesystem::create_directory(fixture.path);
  EXPECT_EQ(fixture.refusal().errnum, EINVAL);
}

TEST(DamagedState, OfASocketIsRefused) {
  SavedThrice fixture;
  std::filesystem::remove(fixture.path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, fixture.path.c_str(), sizeof(address.sun_path) - 1);
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(fixture.refusal().errnum, ENXIO);
}

TEST(DamagedState, OfAnotherOwnerIsRefused) {
  SavedThrice fixture;
  ASSERT_EQ(::chown(fixture.path.c_str(), 65534, 0), 0);
  const auto error = fixture.refusal();
  EXPECT_EQ(error.errnum, EPERM);
  EXPECT_THAT(error.message, HasSubstr("user 65534"));
}

TEST(DamagedState, ThatOthersMayWriteIsRefused) {
  SavedThrice fixture;
  for (const mode_t mode : {0620U, 0602U, 0666U}) {
    ASSERT_EQ(::chmod(fixture.path.c_str(), mode), 0);
    const auto error = fixture.refusal();
    EXPECT_EQ(error.errnum, EPERM);
    EXPECT_THAT(error.message, HasSubstr("chmod 600 " + fixture.path));
  }
  ASSERT_EQ(::chmod(fixture.path.c_str(), 0644), 0);
  EXPECT_TRUE(fixture.store->load());
}

TEST(DamagedState, ThatIsTooLargeIsRefused) {
  SavedThrice fixture;
  std::filesystem::resize_file(fixture.path, StateDirectory::max_size + 1);  // a hole
  EXPECT_EQ(fixture.refusal().errnum, EFBIG);
}

TEST(DamagedState, ThatCannotBeReadCarriesTheErrno) {
  for (const char* call : {"open", "fstat", "read", "list"}) {
    SavedThrice fixture;
    fixture.files.before = [&](const std::string& now) { return now == call ? EIO : 0; };
    EXPECT_EQ(fixture.refusal().errnum, EIO) << call;
    fixture.files.before = nullptr;
    EXPECT_EQ(fixture.store->load(), small_state()) << call;
  }
}

TEST(DamagedState, IsLoadedWhenItIsMended) {
  SavedThrice fixture;
  const auto text = text_of(fixture.path);
  write_text(fixture.path, "{");
  (void)fixture.refusal();
  write_text(fixture.path, text);
  EXPECT_EQ(fixture.store->load(), small_state());
  EXPECT_TRUE(fixture.store->save(small_state("other")));
}

}  // namespace
}  // namespace nvmeofs
