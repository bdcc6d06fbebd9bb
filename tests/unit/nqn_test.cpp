#include "nvmeofs/nqn.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nvmeofs {
namespace {

int errno_of(std::string_view text) {
  const auto nqn = Nqn::parse(text);
  return nqn ? 0 : nqn.error().errnum;
}

TEST(Nqn, IsWhatAHostCanConnectTo) {
  EXPECT_EQ(errno_of("toto"), 0);
  EXPECT_EQ(errno_of("nqn.2026-01.org.example:storage.toto"), 0);
  EXPECT_EQ(errno_of("nqn.2014-08.org.nvmexpress:uuid:5a7b3c1e-0b3d-4a53-9d2b-2f8a1d0c9e01"), 0);
}

TEST(Nqn, HasAtMost222Bytes) {
  EXPECT_EQ(errno_of(std::string(222, 'n')), 0);
  EXPECT_EQ(errno_of(std::string(223, 'n')), ENAMETOOLONG);
}

TEST(Nqn, RefusesWhatCannotBePassedToAHost) {
  for (const char* text :
       {"", "a b", "a,b", "a\nb", "a/b", "a\"b", "a\\b", "a\tb", "\x7f", "caf\xc3\xa9"})
    EXPECT_EQ(errno_of(text), EINVAL) << text;
}

TEST(Nqn, RefusesNamesThatToolsWouldTakeForSomethingElse) {
  for (const char* text : {".", "..", ".toto.swp", "-n"}) EXPECT_EQ(errno_of(text), EINVAL) << text;
}

TEST(Nqn, RefusesTheDiscoverySubsystem) {
  EXPECT_EQ(errno_of(Nqn::discovery), EINVAL);
}

}  // namespace
}  // namespace nvmeofs
