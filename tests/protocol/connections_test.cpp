#include <gmock/gmock.h>
#include <sys/stat.h>

#include "protocol/fake_kernel.h"

namespace nvmeofs {
namespace {

class ConnectionNodes : public ProtocolTest {
 protected:
  std::uint64_t make(const std::string& name = "disk-array") {
    return mkdir(connections_node, name).as<fuse_entry_out>().nodeid;
  }
};

TEST_F(ConnectionNodes, AnswerMkdirWithTheNodeThatLookupFinds) {
  const Answer made = mkdir(connections_node, "disk-array");
  ASSERT_EQ(made.error, 0);
  const auto entry = made.as<fuse_entry_out>();
  EXPECT_TRUE(S_ISDIR(entry.attr.mode));
  EXPECT_EQ(lookup(connections_node, "disk-array"), entry.nodeid);
}

TEST_F(ConnectionNodes, AreNotThoseOfExports) {
  const std::uint64_t served = mkdir(exports_node, "toto").as<fuse_entry_out>().nodeid;
  const std::uint64_t used = make("toto");
  EXPECT_NE(served, used);
  EXPECT_EQ(lookup(served, "connected"), 0U);
  EXPECT_EQ(lookup(used, "device") == lookup(served, "device"), false);
}

TEST_F(ConnectionNodes, OfOptionsHoldWhatIsWritten) {
  const std::uint64_t options = lookup(make(), "options");
  const std::uint64_t size = lookup(options, "queue_size");
  EXPECT_EQ(store(size, "64\n"), 0);
  EXPECT_EQ(text(size), "64\n");
  EXPECT_EQ(getattr(size).as<fuse_attr_out>().attr.size, 3U);
}

TEST_F(ConnectionNodes, LeadToNoFcPort) {
  const std::uint64_t address = lookup(make(), "address");
  EXPECT_EQ(store(address, "fc://nn-0x20000090fa942779:pn-0x10000090fa942779\n"), EPROTONOSUPPORT);
  EXPECT_EQ(store(address, "loop\n"), EPROTONOSUPPORT);
}

TEST_F(ConnectionNodes, OfReportsAreNotWritten) {
  const std::uint64_t directory = make();
  for (const char* name : {"status", "device"})
    EXPECT_EQ(open(lookup(directory, name), O_WRONLY).error, EACCES) << name;
}

TEST_F(ConnectionNodes, OfARemovedOneAreStale) {
  const std::uint64_t directory = make();
  const std::uint64_t address = lookup(directory, "address");
  ASSERT_EQ(rmdir(connections_node, "disk-array").error, 0);
  EXPECT_EQ(getattr(directory).error, ESTALE);
  EXPECT_EQ(open(address, O_WRONLY).error, ESTALE);
  EXPECT_NE(make(), directory);
}

TEST_F(ConnectionNodes, TakeNoDirectoriesInside) {
  const std::uint64_t directory = make();
  EXPECT_EQ(mkdir(directory, "x").error, EPERM);
  EXPECT_EQ(rmdir(directory, "options").error, EPERM);
  EXPECT_EQ(mkdir(lookup(directory, "options"), "x").error, EPERM);
}

}  // namespace
}  // namespace nvmeofs
