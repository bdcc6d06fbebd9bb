// ANA groups: those of ports, and which one a namespace is in.
#include "contract.h"

namespace nvmeofs::contract {
namespace {

const std::string groups = "ports/1/ana_groups";
const std::string space = "subsystems/toto/namespaces/1";

struct Ana : Contract {
  void SetUp() override {
    Contract::SetUp();
    given_subsystem("toto");
    given_port("1", tcp(world().traddr));
  }

  std::string state(const std::string& group) { return observe().ports["1"].ana_groups[group]; }
  std::string group() { return namespace_attribute("toto", "1", "ana_grpid"); }
};

TEST_F(Ana, FirstGroupComesWithThePort) {
  EXPECT_EQ(observe().ports["1"].ana_groups,
            (std::map<std::string, std::string>{{"1", "optimized"}}));
  EXPECT_EQ(rmdir(groups + "/1"), EPERM);
  EXPECT_EQ(rmdir(groups), EPERM);
  EXPECT_EQ(mkdir(groups + "/1"), EEXIST);
}

TEST_F(Ana, OtherGroupsAreInaccessibleAtFirst) {
  EXPECT_EQ(mkdir(groups + "/2"), done);
  EXPECT_EQ(mkdir(groups + "/127"), done);
  EXPECT_EQ(state("2"), "inaccessible");
  EXPECT_EQ(state("127"), "inaccessible");
}

TEST_F(Ana, GroupsOfOtherNamesAreEinval) {
  for (const char* name : {"0", "01", "0x1", "129", "-2", "two", "2x"})
    EXPECT_EQ(mkdir(groups + "/" + name), EINVAL) << name;
  EXPECT_EQ(mkdir(groups + "/4294967298"), ERANGE);
}

TEST_F(Ana, AGroupInASecondSpellingIsAnother) {
  EXPECT_EQ(mkdir(groups + "/2"), done);
  EXPECT_EQ(mkdir(groups + "/0x2"), done);
  EXPECT_EQ(observe().ports["1"].ana_groups.size(), 3U);
}

TEST_F(Ana, TakesTheFiveStates) {
  for (const char* name :
       {"non-optimized", "inaccessible", "persistent-loss", "change", "optimized"}) {
    EXPECT_EQ(write(groups + "/1/ana_state", name), done) << name;
    EXPECT_EQ(state("1"), name);
  }
}

TEST_F(Ana, OtherStatesAreEinval) {
  for (const char* name : {"Optimized", "optimized ", "gone", "1", "\n"})
    EXPECT_EQ(write(groups + "/1/ana_state", name), EINVAL) << name;
  EXPECT_EQ(state("1"), "optimized");
}

TEST_F(Ana, ChangesWhileThePortIsLinked) {
  ASSERT_EQ(link_port("1", "toto"), done);
  EXPECT_EQ(mkdir(groups + "/2"), done);
  EXPECT_EQ(write(groups + "/2/ana_state", "optimized"), done);
  EXPECT_EQ(write(groups + "/1/ana_state", "inaccessible"), done);
  EXPECT_EQ(rmdir(groups + "/2"), done);
}

TEST_F(Ana, RmdirOfThePortWithAGroupIsEnotempty) {
  ASSERT_EQ(mkdir(groups + "/2"), done);
  EXPECT_EQ(rmdir("ports/1"), ENOTEMPTY);
}

TEST_F(Ana, RmdirOfAGroupWithNamespacesIsDone) {
  ASSERT_EQ(mkdir(groups + "/2"), done);
  given_enabled_namespace("toto", "1");
  ASSERT_EQ(write(space + "/ana_grpid", "2"), done);
  ASSERT_EQ(link_port("1", "toto"), done);
  EXPECT_EQ(rmdir(groups + "/2"), done);
}

TEST_F(Ana, NamespaceIsInTheFirstGroupAtFirst) {
  given_namespace("toto", "1");
  EXPECT_EQ(group(), "1");
}

TEST_F(Ana, NamespaceTakesAnyGroupWhetherAPortHasItOrNot) {
  given_namespace("toto", "1");
  EXPECT_EQ(write(space + "/ana_grpid", "127"), done);
  EXPECT_EQ(group(), "127");
  EXPECT_EQ(write(space + "/ana_grpid", "0x10"), done);
  EXPECT_EQ(group(), "16");
}

// A kernel that keeps 128 no longer makes a group of it that is none: then it can be offered.
TEST_F(Ana, NamespaceInGroup128IsInNone) {
  given_namespace("toto", "1");
  EXPECT_EQ(write(space + "/ana_grpid", "128"), done);
  EXPECT_EQ(group(), "0");
  EXPECT_EQ(write(space + "/ana_grpid", "1"), done);
}

TEST_F(Ana, NamespaceInNoNumberIsRefused) {
  given_namespace("toto", "1");
  for (const char* text : {"0", "129", "-1", "two", "2 3", "\n"})
    EXPECT_EQ(write(space + "/ana_grpid", text), EINVAL) << text;
  EXPECT_EQ(write(space + "/ana_grpid", "4294967298"), ERANGE);
  EXPECT_EQ(group(), "1");
}

TEST_F(Ana, NamespaceChangesItsGroupWhileItIsEnabled) {
  given_enabled_namespace("toto", "1");
  EXPECT_EQ(write(space + "/ana_grpid", "2"), done);
  EXPECT_EQ(group(), "2");
}

TEST_F(Ana, GroupThatIsMadeLaterIsSeen) {
  observe();
  ASSERT_EQ(mkdir(groups + "/2"), done);
  observe();
  ASSERT_EQ(write(groups + "/2/ana_state", "change"), done);
  EXPECT_EQ(state("2"), "change");
  ASSERT_EQ(rmdir(groups + "/2"), done);
  EXPECT_FALSE(observe().ports["1"].ana_groups.contains("2"));
}

}  // namespace
}  // namespace nvmeofs::contract
