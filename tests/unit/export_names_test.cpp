#include "fs/export_names.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "nvmeofs/nqn.h"

namespace nvmeofs {
namespace {

using testing::HasSubstr;

constexpr const char* prefix = "nqn.2024-01.org.example:";

ExportViews exports(std::initializer_list<std::string> nqns) {
  ExportViews views;
  for (const auto& nqn : nqns) {
    Export wanted{.name = Nqn::of_kernel(nqn)};
    views.emplace(nqn, ExportView{.wanted = wanted});
  }
  return views;
}

class ExportName : public testing::Test {
 protected:
  std::string nqn_of(std::string_view name, const ExportViews& views) const {
    const std::string* const nqn = names_.nqn_of(name, views);
    return nqn != nullptr ? *nqn : "none";
  }
  const ExportNames names_ = ExportNames::parse(prefix).value();
};

TEST_F(ExportName, IsTheNqnWithoutAPrefix) {
  const ExportNames names;
  const auto views = exports({"toto"});
  EXPECT_EQ(names.name_of("toto", views), "toto");
  EXPECT_EQ(names.nqn_of_new("toto"), "toto");
  ASSERT_NE(names.nqn_of("toto", views), nullptr);
  EXPECT_EQ(names.nqn_of("titi", views), nullptr);
}

TEST_F(ExportName, IsWhatStandsBehindThePrefix) {
  const auto views = exports({"nqn.2024-01.org.example:toto"});
  EXPECT_EQ(names_.nqn_of_new("toto"), "nqn.2024-01.org.example:toto");
  EXPECT_EQ(names_.name_of("nqn.2024-01.org.example:toto", views), "toto");
  EXPECT_EQ(nqn_of("toto", views), "nqn.2024-01.org.example:toto");
}

// A directory with two names would be two directories to the kernel.
TEST_F(ExportName, IsOneOnly) {
  EXPECT_EQ(nqn_of("nqn.2024-01.org.example:toto", exports({"nqn.2024-01.org.example:toto"})),
            "none");
  const auto made = names_.nqn_of_new("nqn.2024-01.org.example:toto");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().errnum, EINVAL);
  EXPECT_THAT(made.error().message, HasSubstr("write toto"));
}

TEST_F(ExportName, OfAnotherPrefixIsTheNqn) {
  const auto views = exports({"nqn.2019-08.com.other:disk", "titi"});
  EXPECT_EQ(names_.nqn_of_new("nqn.2019-08.com.other:disk"), "nqn.2019-08.com.other:disk");
  for (const char* name : {"nqn.2019-08.com.other:disk", "titi"}) {
    EXPECT_EQ(names_.name_of(name, views), name);
    EXPECT_EQ(nqn_of(name, views), name);
  }
}

TEST_F(ExportName, ThatAnotherHasIsLeftToIt) {
  const auto views = exports({"nqn.2024-01.org.example:toto", "toto"});
  for (const char* name : {"nqn.2024-01.org.example:toto", "toto"}) {
    EXPECT_EQ(names_.name_of(name, views), name);
    EXPECT_EQ(nqn_of(name, views), name);
  }
}

// What a name may not be cannot be made, and is not shown of one that somebody else made.
TEST_F(ExportName, IsOneThatMkdirTakes) {
  for (const char* rest : {"", "-toto", ".toto", "nqn.2019-08.com.other:disk"}) {
    const std::string nqn = std::string(prefix) + rest;
    EXPECT_EQ(names_.name_of(nqn, exports({nqn})), nqn);
    EXPECT_EQ(nqn_of(nqn, exports({nqn})), nqn);
  }
  EXPECT_FALSE(names_.nqn_of_new("-toto"));
}

TEST_F(ExportName, HasAPrefixOfAnNqnsCharacters) {
  EXPECT_FALSE(ExportNames::parse("a/b"));
  EXPECT_FALSE(ExportNames::parse(".a"));
  EXPECT_FALSE(ExportNames::parse(std::string(222, 'a')));
  EXPECT_TRUE(ExportNames::parse(std::string(221, 'a')));
}

}  // namespace
}  // namespace nvmeofs
