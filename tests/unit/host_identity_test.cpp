#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "host/host_identity.h"
#include "host_support.h"

namespace nvmeofs {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string uuid = "5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c01";
const std::string other = "5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c02";
const std::string stem = "nqn.2014-08.org.nvmexpress:uuid:";

class Identity : public testing::Test {
 protected:
  Result<HostIdentity> kept() const { return kept_host_identity(folder(), sysfs.root()); }
  std::string folder() const { return directory / "nvme"; }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(folder());
    std::ofstream(folder() + "/" + name) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(folder() + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static mode_t mode(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }

  TempDir directory;
  test::Sysfs sysfs;
};

TEST_F(Identity, IsMadeOnceAndKept) {
  const auto first = kept();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->nqn, stem + first->id);
  EXPECT_EQ(read("hostnqn"), first->nqn + "\n");
  EXPECT_EQ(read("hostid"), first->id + "\n");
  EXPECT_EQ(kept().value(), *first);
}

TEST_F(Identity, IsForEverybodyToRead) {
  ASSERT_TRUE(kept());
  EXPECT_EQ(mode(folder()), 0755U);
  EXPECT_EQ(mode(folder() + "/hostnqn"), 0644U);
  EXPECT_EQ(mode(folder() + "/hostid"), 0644U);
}

TEST_F(Identity, LeavesNothingElseBehind) {
  ASSERT_TRUE(kept());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder()), {}), 2);
}

TEST_F(Identity, IsTheMachinesOwn) {
  sysfs.write("class/dmi/id/product_uuid", "5D0C0F7A-6A1C-4D53-9D53-0C3D8A3A7C01");
  EXPECT_EQ(kept().value(), (HostIdentity{stem + uuid, uuid}));
}

TEST_F(Identity, IsNotOneThatManyMachinesHave) {
  sysfs.write("class/dmi/id/product_uuid", "03000200-0400-0500-0006-000700080009");
  EXPECT_NE(kept().value().id, "03000200-0400-0500-0006-000700080009");
}

TEST_F(Identity, IsReadAsItIsWritten) {
  write("hostnqn", "  " + stem + uuid + " \n");
  write("hostid", "5D0C0F7A-6A1C-4D53-9D53-0C3D8A3A7C01");
  EXPECT_EQ(kept().value(), (HostIdentity{stem + uuid, uuid}));
}

TEST_F(Identity, IsCompletedFromItsNqn) {
  write("hostnqn", stem + uuid + "\n");
  EXPECT_EQ(kept().value().id, uuid);
  EXPECT_EQ(read("hostid"), uuid + "\n");
}

TEST_F(Identity, IsCompletedFromItsId) {
  write("hostid", uuid + "\n");
  EXPECT_EQ(kept().value().nqn, stem + uuid);
}

TEST_F(Identity, IsMadeInPlaceOfAnEmptyFile) {
  write("hostnqn", "");
  write("hostid", uuid + "\n");
  EXPECT_EQ(kept().value().nqn, stem + uuid);
  EXPECT_EQ(read("hostnqn"), stem + uuid + "\n");
}

TEST_F(Identity, MayHaveANameOfItsOwn) {
  write("hostnqn", "nqn.2026-01.org.example:host1\n");
  write("hostid", uuid + "\n");
  EXPECT_EQ(kept().value(), (HostIdentity{"nqn.2026-01.org.example:host1", uuid}));
}

TEST_F(Identity, IsRefusedWhenTheTwoAreOfTwoHosts) {
  write("hostnqn", stem + uuid + "\n");
  write("hostid", other + "\n");
  const auto refused = kept();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().errnum, EINVAL);
  EXPECT_EQ(refused.error().reason, Reason::host_identity);
  EXPECT_THAT(refused.error().message, HasSubstr("write " + uuid + " into "));
}

TEST_F(Identity, IsRefusedWhenItIsNone) {
  write("hostnqn", "nqn.x:a,b\n");
  write("hostid", uuid + "\n");
  EXPECT_EQ(kept().error().reason, Reason::host_identity);
  write("hostnqn", stem + uuid + "\n");
  write("hostid", "me\n");
  EXPECT_EQ(kept().error().reason, Reason::host_identity);
  fs::remove(folder() + "/hostnqn");
  EXPECT_EQ(kept().error().reason, Reason::host_identity);
  EXPECT_FALSE(fs::exists(folder() + "/hostnqn"));
}

TEST_F(Identity, SaysWhenItCannotBeKept) {
  std::ofstream(folder()) << "a file\n";
  const auto refused = kept();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::not_saved);
}

}  // namespace
}  // namespace nvmeofs
