// What configfs itself refuses, whatever the item.
#include "contract.h"

namespace nvmeofs::contract {
namespace {

struct Configfs : Contract {};

TEST_F(Configfs, MkdirOfATakenNameIsEexist) {
  given_subsystem("toto");
  EXPECT_EQ(mkdir("subsystems/toto"), EEXIST);
}

TEST_F(Configfs, MkdirOfAnAttributesNameIsEexist) {
  given_subsystem("toto");
  EXPECT_EQ(mkdir("subsystems/toto/attr_serial"), EEXIST);
}

TEST_F(Configfs, MkdirInAMissingDirectoryIsEnoent) {
  EXPECT_EQ(mkdir("subsystems/toto/namespaces/1"), ENOENT);
}

TEST_F(Configfs, MkdirUnderAnAttributeIsEnotdir) {
  given_subsystem("toto");
  EXPECT_EQ(mkdir("subsystems/toto/attr_serial/1"), ENOTDIR);
}

TEST_F(Configfs, MkdirOfANameOver255BytesIsEnametoolong) {
  EXPECT_EQ(mkdir("subsystems/" + std::string(256, 'a')), ENAMETOOLONG);
}

TEST_F(Configfs, MkdirWhereNothingCanBeMadeIsEperm) {
  given_subsystem("toto");
  EXPECT_EQ(mkdir("subsystems/toto/anything"), EPERM);
  EXPECT_EQ(mkdir("anything"), EPERM);
}

TEST_F(Configfs, RmdirOfAMissingNameIsEnoent) {
  EXPECT_EQ(rmdir("subsystems/toto"), ENOENT);
}

TEST_F(Configfs, RmdirOfABuiltInDirectoryIsEperm) {
  given_subsystem("toto");
  EXPECT_EQ(rmdir("subsystems/toto/namespaces"), EPERM);
  EXPECT_EQ(rmdir("subsystems/toto/allowed_hosts"), EPERM);
  EXPECT_EQ(rmdir("subsystems"), EPERM);
}

TEST_F(Configfs, RmdirOfAnAttributeIsEnotdir) {
  given_subsystem("toto");
  EXPECT_EQ(rmdir("subsystems/toto/attr_serial"), ENOTDIR);
}

TEST_F(Configfs, RmdirOfALinkIsEnotdir) {
  given_subsystem("toto");
  given_host("nqn.host");
  ASSERT_EQ(link("hosts/nqn.host", "subsystems/toto/allowed_hosts/nqn.host"), done);
  EXPECT_EQ(rmdir("subsystems/toto/allowed_hosts/nqn.host"), ENOTDIR);
}

TEST_F(Configfs, WriteToAMissingAttributeIsEnoent) {
  given_subsystem("toto");
  EXPECT_EQ(write("subsystems/toto/attr_colour", "blue"), ENOENT);
}

TEST_F(Configfs, WriteToADirectoryIsEisdir) {
  given_subsystem("toto");
  EXPECT_EQ(write("subsystems/toto/namespaces", "1"), EISDIR);
}

TEST_F(Configfs, AnEmptyWriteIsEfaultAndStoresNothing) {
  given_subsystem("toto");
  ASSERT_EQ(write("subsystems/toto/attr_serial", "ABCDEF"), done);
  EXPECT_EQ(write("subsystems/toto/attr_serial", ""), EFAULT);
  EXPECT_EQ(subsystem_attribute("toto", "attr_serial"), "ABCDEF");
}

TEST_F(Configfs, AWriteGoesThroughALinkToTheItem) {
  given_subsystem("toto");
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(write("ports/1/subsystems/toto/attr_allow_any_host", "1"), done);
  EXPECT_EQ(subsystem_attribute("toto", "attr_allow_any_host"), "1");
}

TEST_F(Configfs, UnlinkOfAnAttributeIsEperm) {
  given_subsystem("toto");
  EXPECT_EQ(unlink("subsystems/toto/attr_serial"), EPERM);
}

TEST_F(Configfs, UnlinkOfADirectoryIsEisdir) {
  given_subsystem("toto");
  EXPECT_EQ(unlink("subsystems/toto"), EISDIR);
}

TEST_F(Configfs, UnlinkOfAMissingLinkIsEnoent) {
  given_subsystem("toto");
  EXPECT_EQ(unlink("subsystems/toto/allowed_hosts/nqn.host"), ENOENT);
}

TEST_F(Configfs, UnlinkWithATrailingSlashTouchesNothing) {
  given_subsystem("toto");
  given_linked_port("1", tcp(world().traddr), "toto");
  const Target before = observe();
  EXPECT_FALSE(unlink("ports/1/subsystems/toto/") == done);
  EXPECT_EQ(observe(), before);
}

TEST_F(Configfs, LinkToAMissingTargetIsEnoent) {
  given_subsystem("toto");
  EXPECT_EQ(link("hosts/nqn.host", "subsystems/toto/allowed_hosts/nqn.host"), ENOENT);
}

TEST_F(Configfs, LinkToAnAttributeIsEnotdir) {
  given_subsystem("toto");
  EXPECT_EQ(link("subsystems/toto/attr_serial", "subsystems/toto/allowed_hosts/nqn.host"), ENOTDIR);
}

TEST_F(Configfs, LinkWhereNoneIsTakenIsEperm) {
  given_subsystem("toto");
  given_host("nqn.host");
  EXPECT_EQ(link("hosts/nqn.host", "subsystems/toto/namespaces/1"), EPERM);
  EXPECT_EQ(link("hosts/missing", "subsystems/toto/namespaces/1"), EPERM);
}

TEST_F(Configfs, LinkUnderATakenNameIsEexist) {
  given_subsystem("toto");
  given_host("nqn.a");
  given_host("nqn.b");
  ASSERT_EQ(link("hosts/nqn.a", "subsystems/toto/allowed_hosts/x"), done);
  EXPECT_EQ(link("hosts/nqn.b", "subsystems/toto/allowed_hosts/x"), EEXIST);
}

}  // namespace
}  // namespace nvmeofs::contract
