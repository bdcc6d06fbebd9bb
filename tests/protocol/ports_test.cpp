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

class ReferralsProtocol : public PortsProtocol {
 protected:
  ReferralsProtocol() { complete(); }
  std::uint64_t referrals() { return port("referrals"); }
  std::uint64_t of(const std::string& name, const std::string& file_name) {
    return lookup(lookup(referrals(), name), file_name);
  }
};

TEST_F(ReferralsProtocol, AreMadeAndRemovedByHand) {
  EXPECT_EQ(mkdir(referrals(), "other").error, 0);
  EXPECT_EQ(mkdir(referrals(), "other").error, EEXIST);
  EXPECT_EQ(mkdir(referrals(), "a b").error, EINVAL);
  EXPECT_EQ(text(of("other", "address")), "");
  EXPECT_EQ(text(of("other", "enabled")), "0\n");
  EXPECT_EQ(rmdir(referrals(), "other").error, 0);
  EXPECT_EQ(rmdir(referrals(), "other").error, ENOENT);
  EXPECT_EQ(mkdir(lookup(ports_node, "rdma:192.168.1.32:4420"), "other").error, EPERM);
}

TEST_F(ReferralsProtocol, ReadBackWhatIsWritten) {
  ASSERT_EQ(mkdir(referrals(), "other").error, 0);
  EXPECT_EQ(store(of("other", "enabled"), "1\n"), EINVAL);
  EXPECT_EQ(store(of("other", "address"), "10.9.9.9\n"), 0);
  EXPECT_EQ(text(of("other", "address")), "rdma://10.9.9.9:4420\n");
  EXPECT_EQ(getattr(of("other", "address")).as<fuse_attr_out>().attr.size, 21U);
  EXPECT_EQ(store(of("other", "enabled"), "y\n"), 0);
  EXPECT_EQ(text(of("other", "enabled")), "1\n");
  EXPECT_EQ(rmdir(referrals(), "other").error, EBUSY);
  EXPECT_EQ(store(of("other", "address"), "\n"), EBUSY);
  EXPECT_EQ(store(of("other", "address"), "tcp://0.0.0.0\n"), EINVAL);
  EXPECT_EQ(store(of("other", "enabled"), "0\n"), 0);
  EXPECT_EQ(store(of("other", "address"), "\n"), 0);
  EXPECT_EQ(text(of("other", "address")), "");
}

TEST_F(ReferralsProtocol, HaveNodesThatAreNeverGivenAgain) {
  ASSERT_EQ(mkdir(referrals(), "other").error, 0);
  const auto first = lookup(referrals(), "other"), address = of("other", "address");
  ASSERT_EQ(rmdir(referrals(), "other").error, 0);
  ASSERT_EQ(mkdir(referrals(), "other").error, 0);
  EXPECT_NE(lookup(referrals(), "other"), first);
  for (const auto node : {first, address}) {
    EXPECT_EQ(getattr(node).error, ESTALE);
    EXPECT_EQ(open(node, O_RDONLY).error, ESTALE);
  }
}

TEST_F(ReferralsProtocol, CountTheirDirectories) {
  EXPECT_EQ(getattr(referrals()).as<fuse_attr_out>().attr.nlink, 2U);
  ASSERT_EQ(mkdir(referrals(), "other").error, 0);
  EXPECT_EQ(getattr(referrals()).as<fuse_attr_out>().attr.nlink, 3U);
  // ana_groups/ and referrals/
  EXPECT_EQ(getattr(lookup(ports_node, "rdma:192.168.1.32:4420")).as<fuse_attr_out>().attr.nlink,
            4U);
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
