// chown, chmod, and who may do what then: decided by the kernel.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;

constexpr uid_t operator_uid = 65533;
constexpr uid_t somebody = 65532;

class Delegated : public MountFixture {
 protected:
  Delegated() : MountFixture("allow_other") {}
  void SetUp() override {
    MountFixture::SetUp();
    make_export();
  }
  Outcome as(uid_t uid, const std::string& script) const { return sh(script, {.uid = uid}); }
};

TEST_F(Delegated, FileCanBeWrittenByItsNewOwner) {
  ASSERT_EQ(sh("chown 65533 exports/toto/enabled").status, 0);
  const Outcome done = as(operator_uid, "echo 1 > exports/toto/enabled");
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(read("exports/toto/enabled"), "1\n");
  EXPECT_NE(as(somebody, "echo 0 > exports/toto/enabled").status, 0);
  EXPECT_NE(as(operator_uid, "echo any > exports/toto/hosts").status, 0);
  EXPECT_THAT(read("log"), HasSubstr("uid=65533"));
}

TEST_F(Delegated, FileCanBeWrittenByAGroup) {
  ASSERT_EQ(sh("chgrp 65533 exports/toto/enabled && chmod g+w exports/toto/enabled").status, 0);
  EXPECT_EQ(sh("stat -c '%u:%g %a' exports/toto/enabled").out, "0:65533 664\n");
  EXPECT_EQ(as(operator_uid, "echo 1 > exports/toto/enabled").status, 0);
}

TEST_F(Delegated, WholeExportIsGivenByChownOfAll) {
  ASSERT_EQ(sh("chown -R 65533:65533 exports/toto").status, 0);
  EXPECT_EQ(sh("stat -c %u:%g exports/toto exports/toto/* | sort -u").out, "65533:65533\n");
  EXPECT_EQ(
      as(operator_uid, "echo 1 > exports/toto/enabled && echo 0 > exports/toto/enabled").status, 0);
}

TEST_F(Delegated, DirectoryCanBeClosed) {
  ASSERT_EQ(sh("chmod 0700 exports/toto").status, 0);
  EXPECT_NE(as(somebody, "cat exports/toto/device").status, 0);
  EXPECT_EQ(as(somebody, "ls exports").out, "toto\n");
}

TEST_F(Delegated, ReportsCannotBeWrittenWhateverTheirMode) {
  ASSERT_EQ(sh("chmod 0666 exports/toto/status").status, 0);
  EXPECT_EQ(write("exports/toto/status", "enabled"), EACCES);
}

TEST_F(Delegated, OwnerIsChangedByRootOnly) {
  EXPECT_NE(as(somebody, "chown 65532 exports/toto/enabled").status, 0);
  EXPECT_NE(as(somebody, "chmod 0666 exports/toto/enabled").status, 0);
  EXPECT_EQ(sh("stat -c '%u %a' exports/toto/enabled").out, "0 644\n");
}

TEST_F(Delegated, DiskIsNotHisToChooseUnlessHeCouldOpenIt) {
  ASSERT_EQ(sh("chown 65533 exports/toto/device").status, 0);
  const Outcome refused = as(operator_uid, "echo /dev/sdb > exports/toto/device");
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.err, HasSubstr("Permission denied"));
  EXPECT_THAT(read("exports/toto/status"), HasSubstr("refused EACCES device-not-yours: "));
  EXPECT_EQ(read("exports/toto/device"), "/dev/nvme0n1\n");
}

TEST_F(Delegated, NamespaceIsOfWhoMakesIt) {
  ASSERT_EQ(sh("chown 65533 exports/toto/namespaces").status, 0);
  const Outcome done =
      sh("cd exports/toto/namespaces && mkdir 2 && echo 7 > 2/ana_group", {.uid = operator_uid});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(read("exports/toto/namespaces/2/ana_group"), "7\n");
  EXPECT_EQ(sh("cd exports/toto/namespaces && stat -c %u:%g 2 2/* | sort -u").out, "65533:65533\n");
  EXPECT_EQ(as(operator_uid, "rmdir exports/toto/namespaces/2").status, 0);
  ASSERT_EQ(sh("cd exports/toto/namespaces && mkdir 2").status, 0);
  EXPECT_EQ(sh("cd exports/toto/namespaces && stat -c %u:%g 2 2/* | sort -u").out, "0:0\n");
}

// As it is made by mkdir, not as another one of the name was left.
TEST_F(Delegated, ExportThatIsMadeAnewIsRootsAgain) {
  ASSERT_EQ(sh("chown -R 65533 exports/toto && rmdir exports/toto && mkdir exports/toto").status,
            0);
  EXPECT_EQ(sh("stat -c %u exports/toto exports/toto/device | sort -u").out, "0\n");
}

TEST_F(Delegated, IsForExportsOnly) {
  for (const std::string node : {".", "README", "config.json", "log", "metrics", "topology.dot",
                                 "exports", "connections", "discovery", "ports", "hosts"}) {
    const Outcome outcome = sh("chmod 0700 " + node);
    EXPECT_NE(outcome.status, 0) << node;
    EXPECT_THAT(outcome.err, HasSubstr("Operation not permitted")) << node;
  }
}

class OfAnother : public MountFixture {
 protected:
  OfAnother() : MountFixture("allow_other,uid=65533,gid=65532,umask=027") {}
};

TEST_F(OfAnother, TreeBelongsToTheUserAndGroupOfTheOptions) {
  EXPECT_EQ(sh("stat -c '%u:%g %a' . exports README").out,
            "65533:65532 750\n65533:65532 750\n65533:65532 440\n");
}

TEST_F(OfAnother, UserMakesExportsWithoutBeingRoot) {
  const Outcome made =
      sh("mkdir exports/toto && echo 192.168.1.32 > exports/toto/address", {.uid = operator_uid});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(read("exports/toto/address"), "rdma://192.168.1.32:4420\n");
}

TEST_F(OfAnother, UmaskKeepsOthersOut) {
  EXPECT_NE(sh("ls .", {.uid = 65531}).status, 0);
}

}  // namespace
}  // namespace nvmeofs
