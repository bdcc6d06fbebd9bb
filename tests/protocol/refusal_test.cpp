#include <gmock/gmock.h>

#include <ostream>

#include "protocol/fake_kernel.h"

namespace nvmeofs {
namespace {

using namespace std::string_literals;

// What the tree does not offer. A callback that is missing would be ENOSYS.
struct NotOffered {
  const char* name;
  fuse_opcode opcode;
  std::string body;
};

void PrintTo(const NotOffered& operation, std::ostream* out) {
  *out << operation.name;
}

class Refused : public ProtocolTest, public ::testing::WithParamInterface<NotOffered> {};

TEST_P(Refused, IsEPERMInEveryDirectory) {
  const std::uint64_t toto = mkdir(exports_node, "toto").as<fuse_entry_out>().nodeid;
  for (const std::uint64_t directory : {root_node, exports_node, toto})
    EXPECT_EQ(kernel_->call(GetParam().opcode, directory, GetParam().body).error, EPERM);
}

std::string rename_body() {
  fuse_rename_in in{};
  in.newdir = root_node;
  return bytes_of(in) + "README\0other\0"s;
}

std::string rename2_body() {
  fuse_rename2_in in{};
  in.newdir = root_node;
  return bytes_of(in) + "README\0other\0"s;
}

std::string link_body() {
  fuse_link_in in{};
  in.oldnodeid = readme_node;
  return bytes_of(in) + "new\0"s;
}

INSTANTIATE_TEST_SUITE_P(
    Operations, Refused,
    ::testing::Values(NotOffered{"create", FUSE_CREATE, bytes_of(fuse_create_in{}) + "new\0"s},
                      NotOffered{"mknod", FUSE_MKNOD, bytes_of(fuse_mknod_in{}) + "new\0"s},
                      NotOffered{"unlink", FUSE_UNLINK, "device\0"s},
                      NotOffered{"symlink", FUSE_SYMLINK, "new\0target\0"s},
                      NotOffered{"rename", FUSE_RENAME, rename_body()},
                      NotOffered{"rename2", FUSE_RENAME2, rename2_body()},
                      NotOffered{"link", FUSE_LINK, link_body()}),
    [](const auto& test) { return test.param.name; });

TEST_F(ProtocolTest, MakesAndRemovesDirectoriesInExportsOnly) {
  const std::uint64_t toto = mkdir(exports_node, "toto").as<fuse_entry_out>().nodeid;
  EXPECT_EQ(mkdir(root_node, "new").error, EPERM);
  EXPECT_EQ(mkdir(toto, "new").error, EPERM);
  EXPECT_EQ(rmdir(root_node, "exports").error, EPERM);
  EXPECT_EQ(rmdir(toto, "device").error, EPERM);
}

TEST_F(ProtocolTest, ChangesModeAndOwnerOfExportsOnly) {
  for (const int valid : {FATTR_MODE, FATTR_UID, FATTR_GID}) {
    fuse_setattr_in in{};
    in.valid = static_cast<std::uint32_t>(valid);
    for (const auto node : {root_node, readme_node, log_node, metrics_node, topology_node,
                            exports_node, connections_node, discovery_node})
      EXPECT_EQ(kernel_->call(FUSE_SETATTR, node, bytes_of(in)).error, EPERM) << node;
    EXPECT_EQ(kernel_->call(FUSE_SETATTR, file("device"), bytes_of(in)).error, 0);
  }
}

TEST_F(ProtocolTest, TakesNoSetuidSetgidOrStickyBit) {
  const std::uint64_t device = file("device");
  for (const mode_t bit : {04000U, 02000U, 01000U}) {
    fuse_setattr_in in{};
    in.valid = FATTR_MODE;
    in.mode = 0644 | bit;
    EXPECT_EQ(kernel_->call(FUSE_SETATTR, device, bytes_of(in)).error, EPERM) << std::oct << bit;
  }
}

// No permission bit stops root.
TEST_F(ProtocolTest, OpensNoReportForWriting) {
  for (const auto name : {"status", "plan", "clients"}) {
    EXPECT_EQ(open(file(name), O_WRONLY).error, EACCES);
    EXPECT_EQ(open(file(name), O_RDWR).error, EACCES);
  }
  EXPECT_EQ(open(log_node, O_WRONLY).error, EACCES);
  EXPECT_EQ(open(metrics_node, O_WRONLY).error, EACCES);
  EXPECT_EQ(open(topology_node, O_WRONLY).error, EACCES);
  EXPECT_EQ(open(readme_node, O_RDWR).error, EACCES);
}

TEST_F(ProtocolTest, RefusesAWriteThroughAHandleForReading) {
  const std::uint64_t device = file("device");
  const auto handle = open(device, O_RDONLY).as<fuse_open_out>().fh;
  EXPECT_EQ(write(device, handle, "/dev/nvme0n1\n").error, EBADF);
}

TEST_F(ProtocolTest, TellsDirectoriesFromFiles) {
  EXPECT_EQ(open(exports_node, O_RDONLY).error, EISDIR);
  EXPECT_EQ(kernel_->call(FUSE_OPENDIR, readme_node, bytes_of(fuse_open_in{})).error, ENOTDIR);
  EXPECT_EQ(kernel_->call(FUSE_LOOKUP, readme_node, "x\0"s).error, ENOTDIR);
}

TEST_F(ProtocolTest, RefusesNamesThatNoHostCouldConnectTo) {
  EXPECT_EQ(mkdir(exports_node, std::string(223, 'a')).error, ENAMETOOLONG);
  EXPECT_EQ(mkdir(exports_node, std::string(222, 'a')).error, 0);
  EXPECT_EQ(mkdir(exports_node, "a,b").error, EINVAL);
  EXPECT_EQ(mkdir(exports_node, "a\nb").error, EINVAL);
  ASSERT_EQ(mkdir(exports_node, "toto").error, 0);
  EXPECT_EQ(mkdir(exports_node, "toto").error, EEXIST);
  EXPECT_EQ(rmdir(exports_node, "nothing").error, ENOENT);
}

// Asked for with every write and every ls -l; ENOSYS ends that for the whole mount.
TEST_F(ProtocolTest, KnowsNoExtendedAttributes) {
  EXPECT_EQ(kernel_->call(FUSE_GETXATTR, root_node, bytes_of(fuse_getxattr_in{}) + "a\0"s).error,
            ENOSYS);
  EXPECT_EQ(kernel_->call(FUSE_LISTXATTR, root_node, bytes_of(fuse_getxattr_in{})).error, ENOSYS);
}

// An answer at close comes too late: the write has it. ENOSYS would end the question for the whole
// mount, and documents need it.
TEST_F(ProtocolTest, SaysNothingAtClose) {
  const std::uint64_t device = file("device");
  const auto opened = open(device, O_WRONLY).as<fuse_open_out>();
  EXPECT_NE(opened.open_flags & FOPEN_NOFLUSH, 0U);
  fuse_flush_in flush{};
  flush.fh = opened.fh;
  EXPECT_EQ(kernel_->call(FUSE_FLUSH, device, bytes_of(flush)).error, 0);
}

}  // namespace
}  // namespace nvmeofs
