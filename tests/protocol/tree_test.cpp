#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>

#include "fs/export_attributes.h"
#include "protocol/fake_kernel.h"
#include "support/wait_until.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ProtocolTest, GreetsWithoutAWritebackCache) {
  EXPECT_EQ(greeting_.major, static_cast<unsigned>(FUSE_KERNEL_VERSION));
  EXPECT_EQ(greeting_.flags & FUSE_WRITEBACK_CACHE, 0U);
}

TEST_F(ProtocolTest, FindsTheFixedNames) {
  EXPECT_EQ(lookup(root_node, "README"), readme_node);
  EXPECT_EQ(lookup(root_node, "exports"), exports_node);
  EXPECT_EQ(lookup(root_node, "connections"), connections_node);
  EXPECT_EQ(lookup(root_node, "discovery"), discovery_node);
  EXPECT_EQ(lookup(root_node, "log"), log_node);
  EXPECT_EQ(lookup(root_node, "metrics"), metrics_node);
  EXPECT_EQ(lookup(root_node, "topology.dot"), topology_node);
  EXPECT_EQ(lookup(root_node, "config.json"), target_config_node);
}

// An entry without a node would be remembered as missing.
TEST_F(ProtocolTest, SaysENOENTForAnUnknownName) {
  EXPECT_EQ(kernel_->call(FUSE_LOOKUP, root_node, std::string("nothing\0", 8)).error, ENOENT);
  EXPECT_EQ(kernel_->call(FUSE_LOOKUP, exports_node, std::string("nothing\0", 8)).error, ENOENT);
}

TEST_F(ProtocolTest, AnswersMkdirWithTheNodeThatLookupFinds) {
  const Answer made = mkdir(exports_node, "toto");
  ASSERT_EQ(made.error, 0);
  const auto entry = made.as<fuse_entry_out>();
  EXPECT_EQ(entry.nodeid, entry.attr.ino);
  EXPECT_TRUE(S_ISDIR(entry.attr.mode));
  EXPECT_EQ(lookup(exports_node, "toto"), entry.nodeid);
}

class UnknownNode : public ProtocolTest, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(UnknownNode, IsStaleForEveryQuestion) {
  ASSERT_NE(file("device"), 0U);  // there is an export, and its number is not theirs
  EXPECT_EQ(getattr(GetParam()).error, ESTALE);
  EXPECT_EQ(open(GetParam(), O_RDONLY).error, ESTALE);
  EXPECT_EQ(open(GetParam(), O_WRONLY).error, ESTALE);
  EXPECT_EQ(kernel_->call(FUSE_LOOKUP, GetParam(), std::string("device\0", 7)).error, ESTALE);
}

INSTANTIATE_TEST_SUITE_P(Ids, UnknownNode,
                         ::testing::Values(99, 255, export_node(9999), export_node(9999, 1),
                                           connection_node(9999, 1), discovery_node_of(9999, 1),
                                           discovery_node_of(9999, 1) + 0x100, ~std::uint64_t{0}));

TEST_F(ProtocolTest, HasNoNodeBesideTheFilesOfAnExport) {
  const std::uint64_t directory = mkdir(exports_node, "toto").as<fuse_entry_out>().nodeid;
  EXPECT_EQ(getattr(directory + 200).error, ESTALE);
  EXPECT_EQ(open(directory + 200, O_RDONLY).error, ESTALE);
}

TEST_F(ProtocolTest, NeverGivesTheNodeOfARemovedExportToAnother) {
  const std::uint64_t first = mkdir(exports_node, "toto").as<fuse_entry_out>().nodeid;
  const std::uint64_t device = lookup(first, "device");
  ASSERT_EQ(rmdir(exports_node, "toto").error, 0);
  const std::uint64_t second = mkdir(exports_node, "toto").as<fuse_entry_out>().nodeid;
  EXPECT_NE(first, second);
  EXPECT_EQ(getattr(first).error, ESTALE);
  EXPECT_EQ(getattr(device).error, ESTALE);
}

TEST_F(ProtocolTest, RefusesAWriteToAnExportThatWasMadeAnewMeanwhile) {
  const std::uint64_t device = file("device");
  const auto handle = open(device, O_WRONLY).as<fuse_open_out>().fh;
  ASSERT_EQ(rmdir(exports_node, "toto").error, 0);
  ASSERT_EQ(mkdir(exports_node, "toto").error, 0);
  EXPECT_EQ(write(device, handle, "/dev/nvme0n1\n").error, ESTALE);
  EXPECT_EQ(text(file("device")), "");
}

TEST_F(ProtocolTest, HasTheExactSizeOfEveryFile) {
  complete();
  for (const auto& row : export_attributes()) {
    if (!has_attribute(backend_.attributes(), row)) continue;
    const std::uint64_t node = file(row.name);
    EXPECT_EQ(getattr(node).as<fuse_attr_out>().attr.size, text(node).size()) << row.name;
  }
  EXPECT_EQ(getattr(log_node).as<fuse_attr_out>().attr.size, text(log_node).size());
  EXPECT_EQ(getattr(readme_node).as<fuse_attr_out>().attr.size, text(readme_node).size());
}

// What changes without being written must not be remembered.
TEST_F(ProtocolTest, LetsTheKernelKeepValuesAndNotReports) {
  EXPECT_EQ(getattr(file("device")).as<fuse_attr_out>().attr_valid, 1U);
  EXPECT_EQ(getattr(file("status")).as<fuse_attr_out>().attr_valid, 0U);
  for (const NodeId report : {log_node, metrics_node, topology_node})
    EXPECT_EQ(getattr(report).as<fuse_attr_out>().attr_valid, 0U) << report;
  EXPECT_EQ(getattr(readme_node).as<fuse_attr_out>().attr_valid, 1U);
}

TEST_F(ProtocolTest, ReadsTheTextOfTheMomentOfTheOpen) {
  const std::uint64_t enabled = file("enabled");
  complete();
  const auto handle = open(enabled, O_RDONLY).as<fuse_open_out>().fh;
  ASSERT_EQ(store(enabled, "1\n"), 0);
  EXPECT_EQ(read(enabled, handle, 0, 100).body, "0\n");
  EXPECT_EQ(text(enabled), "1\n");
}

TEST_F(ProtocolTest, ReadsAnyPieceAndNothingBehindTheEnd) {
  const std::uint64_t hosts = file("hosts");
  const auto handle = open(hosts, O_RDONLY).as<fuse_open_out>().fh;
  EXPECT_EQ(read(hosts, handle, 0, ~0U).body, "any\n");
  EXPECT_EQ(read(hosts, handle, 1, 2).body, "ny");
  EXPECT_EQ(read(hosts, handle, 4, 100).body, "");
  EXPECT_EQ(read(hosts, handle, 1ULL << 62, 100).body, "");
  EXPECT_EQ(read(hosts, handle, ~0ULL, 100).error, EINVAL);
}

TEST_F(ProtocolTest, KnowsNoHandleThatItDidNotGive) {
  const std::uint64_t hosts = file("hosts");
  EXPECT_EQ(read(hosts, 12345, 0, 100).error, EBADF);
  EXPECT_EQ(write(hosts, 12345, "any\n").error, EBADF);
}

TEST_F(ProtocolTest, TellsTheKernelThatARemovedNameIsGone) {
  ASSERT_EQ(mkdir(exports_node, "toto").error, 0);
  ASSERT_EQ(rmdir(exports_node, "toto").error, 0);
  EXPECT_TRUE(wait_until([&] {
    const auto kinds = kernel_->notifications();
    return std::find(kinds.begin(), kinds.end(), FUSE_NOTIFY_DELETE) != kinds.end();
  }));
}

TEST_F(ProtocolTest, KeepsAnHonestLog) {
  ASSERT_EQ(store(file("device"), "/dev/sda\n"), EBUSY);
  EXPECT_THAT(text(log_node), HasSubstr("exports/toto/device = /dev/sda: EBUSY device-system"));
  EXPECT_THAT(text(file("status")), StartsWith("disabled\nhosts any\nrefused EBUSY device-system"));
}

// A value must not be able to forge a line, or to speak to a terminal.
TEST_F(ProtocolTest, EscapesWhatWasWritten) {
  ASSERT_EQ(store(file("device"), "/dev/\x1b[2J\n2026-01-01 forged\n"), EINVAL);
  EXPECT_THAT(text(log_node), HasSubstr("/dev/\\x1b[2J\\x0a2026-01-01 forged"));
}

}  // namespace
}  // namespace nvmeofs
