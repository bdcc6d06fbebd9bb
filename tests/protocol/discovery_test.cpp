// The simulated host finds a discovery controller at tcp://192.168.2.40:8009.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "protocol/fake_kernel.h"
#include "support/wait_until.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* hub = "tcp:192.168.2.40";

class DiscoveryNodes : public ProtocolTest {
 protected:
  std::uint64_t make(const std::string& name = hub) {
    return mkdir(discovery_node, name).as<fuse_entry_out>().nodeid;
  }
  std::uint64_t send_open(std::uint64_t node) {
    fuse_open_in in{};
    in.flags = O_RDONLY;
    return kernel_->send(FUSE_OPEN, node, bytes_of(in));
  }
};

TEST_F(DiscoveryNodes, AnswerMkdirWithTheNodeThatLookupFinds) {
  const Answer made = mkdir(discovery_node, hub);
  ASSERT_EQ(made.error, 0);
  const auto entry = made.as<fuse_entry_out>();
  EXPECT_TRUE(S_ISDIR(entry.attr.mode));
  EXPECT_EQ(lookup(discovery_node, hub), entry.nodeid);
}

TEST_F(DiscoveryNodes, AreNotThoseOfExportsAndConnections) {
  const std::uint64_t served = mkdir(exports_node, "toto").as<fuse_entry_out>().nodeid;
  const std::uint64_t used = mkdir(connections_node, "toto").as<fuse_entry_out>().nodeid;
  const std::uint64_t asked = make();
  EXPECT_NE(asked, served);
  EXPECT_NE(asked, used);
  EXPECT_EQ(lookup(asked, "device"), 0U);
  EXPECT_EQ(lookup(used, "subsystems"), 0U);
}

TEST_F(DiscoveryNodes, RefuseNamesThatAreNoAddress) {
  EXPECT_EQ(mkdir(discovery_node, "toto").error, EINVAL);
  EXPECT_EQ(mkdir(discovery_node, "fc:192.168.2.40").error, EPROTONOSUPPORT);
  ASSERT_EQ(mkdir(discovery_node, hub).error, 0);
  EXPECT_EQ(mkdir(discovery_node, "tcp:192.168.2.40:8009").error, EEXIST);
}

TEST_F(DiscoveryNodes, OfTheLogHaveItsSizeOnceItWasRead) {
  const std::uint64_t subsystems = lookup(make(), "subsystems");
  EXPECT_EQ(getattr(subsystems).as<fuse_attr_out>().attr.size, 0U);
  const std::string table = text(subsystems);
  EXPECT_THAT(table, StartsWith("NQN "));
  EXPECT_THAT(table, HasSubstr("disk-array"));
  EXPECT_EQ(getattr(subsystems).as<fuse_attr_out>().attr.size, table.size());
  EXPECT_EQ(getattr(subsystems).as<fuse_attr_out>().attr_valid, 0U);
}

TEST_F(DiscoveryNodes, OfTheLogAreRefusedWithWhatTheNetworkSays) {
  const std::uint64_t directory = make("tcp:192.168.2.41");
  EXPECT_EQ(open(lookup(directory, "subsystems"), O_RDONLY).error, ECONNREFUSED);
  EXPECT_EQ(open(lookup(directory, "log.json"), O_RDONLY).error, ECONNREFUSED);
  EXPECT_THAT(text(lookup(directory, "status")), StartsWith("unreachable\nrefused ECONNREFUSED "));
}

TEST_F(DiscoveryNodes, OfASilentControllerHoldUpNobody) {
  const auto silent = TransportAddress::parse("tcp://192.168.2.42:8009", Trtype::tcp).value();
  initiator_.edit([&](SimFabric& fabric) { fabric.silent.insert(silent); });
  const std::uint64_t subsystems = lookup(make("tcp:192.168.2.42"), "subsystems");
  // More than there are threads that answer.
  std::vector<std::uint64_t> requests;
  for (int i = 0; i < 50; ++i) requests.push_back(send_open(subsystems));
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  EXPECT_THAT(text(lookup(make(), "subsystems")), HasSubstr("disk-array"));
  for (const auto request : requests) EXPECT_FALSE(kernel_->answered(request));
  initiator_.let_go();
  EXPECT_EQ(kernel_->receive(requests.front()).error, ETIMEDOUT);
}

TEST_F(DiscoveryNodes, OfTheLogAreNotWritten) {
  const std::uint64_t directory = make("tcp:192.168.2.41");
  for (const char* name : {"subsystems", "log.json", "status"})
    EXPECT_EQ(open(lookup(directory, name), O_WRONLY).error, EACCES) << name;
}

TEST_F(DiscoveryNodes, TakeWhatASwitchTakes) {
  const std::uint64_t directory = make();
  EXPECT_EQ(store(lookup(directory, "connect_all"), "maybe\n"), EINVAL);
  EXPECT_EQ(store(lookup(directory, "persistent"), "\n"), EINVAL);
  EXPECT_EQ(text(lookup(directory, "persistent")), "0\n");
  EXPECT_EQ(store(lookup(directory, "connect_all"), "1\n"), 0);
  EXPECT_EQ(text(lookup(directory, "connect_all")), "1\n");
  EXPECT_NE(lookup(connections_node, "disk-array"), 0U);
}

TEST_F(DiscoveryNodes, OfARemovedOneAreStale) {
  const std::uint64_t directory = make();
  const std::uint64_t subsystems = lookup(directory, "subsystems");
  ASSERT_EQ(rmdir(discovery_node, hub).error, 0);
  EXPECT_EQ(getattr(directory).error, ESTALE);
  EXPECT_EQ(open(subsystems, O_RDONLY).error, ESTALE);
  EXPECT_NE(make(), directory);
}

TEST_F(DiscoveryNodes, TakeNoDirectoriesInside) {
  EXPECT_EQ(mkdir(make(), "x").error, EPERM);
}

}  // namespace
}  // namespace nvmeofs
