// ports/: the addresses that exports name.
#include <gmock/gmock.h>

#include "protocol/fake_kernel.h"
#include "support/wait_until.h"

namespace nvmeofs {
namespace {

class PortsProtocol : public ProtocolTest {
 protected:
  std::uint64_t port(const std::string& name) {
    return lookup(lookup(ports_node, "rdma:192.168.1.32:4420"), name);
  }
};

TEST_F(PortsProtocol, AppearWithAnExportAndGoWithIt) {
  complete();
  EXPECT_NE(lookup(ports_node, "rdma:192.168.1.32:4420"), 0U);
  EXPECT_EQ(rmdir(exports_node, "toto").error, 0);
  EXPECT_EQ(lookup(ports_node, "rdma:192.168.1.32:4420"), 0U);
}

TEST_F(PortsProtocol, ShowWhatTheKernelServesThere) {
  complete();
  EXPECT_EQ(text(port("exports")), "");
  ASSERT_EQ(store(file("enabled"), "1\n"), 0);
  EXPECT_EQ(text(port("exports")), "toto\n");
}

TEST_F(PortsProtocol, ReadBackWhatIsWritten) {
  complete();
  EXPECT_EQ(text(port("inline_data_size")), "");
  EXPECT_EQ(store(port("inline_data_size"), "08192\n"), 0);
  EXPECT_EQ(text(port("inline_data_size")), "8192\n");
  EXPECT_EQ(store(port("inline_data_size"), "\n"), 0);
  EXPECT_EQ(text(port("inline_data_size")), "");
}

TEST_F(PortsProtocol, HaveNoFileForWhatThisKernelHasNot) {
  complete();
  EXPECT_NE(port("max_queue_size"), 0U);
  EXPECT_EQ(port("mdts"), 0U);
}

TEST_F(PortsProtocol, AreNotMadeNorRemovedByHand) {
  complete();
  EXPECT_EQ(mkdir(ports_node, "tcp:192.168.1.32:4421").error, EPERM);
  EXPECT_EQ(rmdir(ports_node, "rdma:192.168.1.32:4420").error, EPERM);
}

class AnaProtocol : public PortsProtocol {
 protected:
  AnaProtocol() { complete(); }
  std::uint64_t groups() { return port("ana_groups"); }
  std::uint64_t group(const std::string& name) { return lookup(groups(), name); }
  std::vector<std::string> names() {
    const auto handle =
        kernel_->call(FUSE_OPENDIR, groups(), bytes_of(fuse_open_in{})).as<fuse_open_out>().fh;
    fuse_read_in in{};
    in.fh = handle;
    in.size = 4096;
    const std::string body = kernel_->call(FUSE_READDIR, groups(), bytes_of(in)).body;
    std::vector<std::string> found;
    for (std::size_t at = 0; at < body.size();) {
      fuse_dirent entry{};
      std::memcpy(&entry, body.data() + at, sizeof entry);
      found.push_back(body.substr(at + FUSE_NAME_OFFSET, entry.namelen));
      at += FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + entry.namelen);
    }
    return found;
  }
};

TEST_F(AnaProtocol, ListsTheGroupsThatAreUsedOrSet) {
  EXPECT_THAT(names(), testing::UnorderedElementsAre(".", "..", "1"));
  const auto space = lookup(lookup(file("namespaces"), "1"), "ana_group");
  EXPECT_EQ(text(space), "1\n");
  EXPECT_EQ(store(space, "2\n"), 0);
  EXPECT_EQ(text(space), "2\n");
  EXPECT_THAT(names(), testing::UnorderedElementsAre(".", "..", "1", "2"));
  EXPECT_EQ(store(group("7"), "change\n"), 0);
  EXPECT_THAT(names(), testing::UnorderedElementsAre(".", "..", "1", "2", "7"));
  EXPECT_EQ(store(group("7"), "\n"), 0);
  EXPECT_THAT(names(), testing::UnorderedElementsAre(".", "..", "1", "2"));
}

TEST_F(AnaProtocol, ReadsBackTheStateThatIsWritten) {
  EXPECT_EQ(text(group("1")), "optimized\n");
  EXPECT_EQ(store(group("1"), "non-optimized\n"), 0);
  EXPECT_EQ(text(group("1")), "non-optimized\n");
  EXPECT_EQ(getattr(group("1")).as<fuse_attr_out>().attr.size, 14U);
  EXPECT_EQ(store(group("1"), "gone\n"), EINVAL);
  EXPECT_EQ(text(group("1")), "non-optimized\n");
}

TEST_F(AnaProtocol, HasAFileForEachGroupThatThereCanBe) {
  EXPECT_NE(group("127"), 0U);
  for (const char* name : {"0", "128", "01", "two"}) EXPECT_EQ(group(name), 0U) << name;
}

TEST_F(AnaProtocol, MakesAndRemovesNoGroupByHand) {
  EXPECT_EQ(mkdir(groups(), "2").error, EPERM);
  EXPECT_EQ(rmdir(groups(), "1").error, EPERM);
}

TEST_F(AnaProtocol, GoesWithThePort) {
  const auto directory = groups(), first = group("1");
  ASSERT_EQ(rmdir(exports_node, "toto").error, 0);
  for (const auto node : {directory, first}) EXPECT_EQ(getattr(node).error, ESTALE);
}

TEST_F(AnaProtocol, TakesNoGroupThatThereCannotBe) {
  const auto space = lookup(lookup(file("namespaces"), "1"), "ana_group");
  for (const char* wrong : {"0\n", "128\n", "x\n", "\n"})
    EXPECT_EQ(store(space, wrong), EINVAL) << wrong;
  EXPECT_EQ(text(space), "1\n");
}

TEST_F(PortsProtocol, SayWhatTheKernelHasMadeOfWhatIsNotSet) {
  complete();
  ASSERT_EQ(store(file("enabled"), "1\n"), 0);
  EXPECT_EQ(text(port("inline_data_size")), "4096\n");
  EXPECT_EQ(store(port("inline_data_size"), "8192\n"), EBUSY);
  EXPECT_EQ(store(port("inline_data_size"), "4096\n"), 0);
}

}  // namespace
}  // namespace nvmeofs
