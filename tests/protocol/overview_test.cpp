// The files at the root that tell of everything.
#include <gmock/gmock.h>

#include "protocol/fake_kernel.h"
#include "support/wait_until.h"

namespace nvmeofs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Overview : public ProtocolTest {
 protected:
  std::string metrics() { return text(metrics_node); }
  std::string topology() { return text(topology_node); }
  std::uint64_t size(std::uint64_t node) { return getattr(node).as<fuse_attr_out>().attr.size; }
  void serve() {
    complete();
    ASSERT_EQ(store(file("enabled"), "1\n"), 0);
  }
  void connect() {
    ASSERT_TRUE(sim_.connect("nqn.host", "toto",
                             TransportAddress::parse("192.168.1.32", Trtype::rdma).value()));
  }
};

TEST_F(Overview, CountsExportsByState) {
  EXPECT_THAT(metrics(), AllOf(HasSubstr("nvmeofs_exports{state=\"disabled\"} 0\n"),
                               HasSubstr("nvmeofs_exports{state=\"enabled\"} 0\n")));
  serve();
  ASSERT_EQ(mkdir(exports_node, "draft").error, 0);
  EXPECT_THAT(metrics(), AllOf(HasSubstr("nvmeofs_exports{state=\"disabled\"} 1\n"),
                               HasSubstr("nvmeofs_exports{state=\"enabled\"} 1\n")));
}

TEST_F(Overview, CountsWhatWasJustAnswered) {
  EXPECT_THAT(metrics(), HasSubstr("nvmeofs_refusals_total{reason=\"device-system\"} 0\n"));
  ASSERT_EQ(store(file("device"), "/dev/sda\n"), EBUSY);
  EXPECT_THAT(metrics(), HasSubstr("nvmeofs_refusals_total{reason=\"device-system\"} 1\n"));
  serve();
  EXPECT_THAT(metrics(),
              HasSubstr("nvmeofs_operation_duration_seconds_count{operation=\"enable\"} 1\n"));
}

TEST_F(Overview, AddsUpWhatExportsConnectionsAndDiscoveryHaveRefused) {
  for (const NodeId directory : {exports_node, connections_node, discovery_node})
    ASSERT_NE(mkdir(directory, ",").error, 0);
  std::map<Reason, std::uint64_t> sum;
  for (const Tally& tally : {engine_->snapshot()->tally, connections_->snapshot()->tally,
                             discoveries_->snapshot()->tally}) {
    ASSERT_EQ(tally.refused.size(), 1U);
    ++sum[tally.refused.begin()->first];
  }
  for (const auto& [reason, count] : sum)
    EXPECT_THAT(metrics(), HasSubstr(fmt::format("nvmeofs_refusals_total{{reason=\"{}\"}} {}\n",
                                                 to_string(reason), count)));
}

// A host comes without anything being published: known after a second.
TEST_F(Overview, CountsHostsThatAreConnected) {
  serve();
  EXPECT_THAT(metrics(), HasSubstr("nvmeofs_export_clients{export=\"toto\"} 0\n"));
  connect();
  EXPECT_TRUE(wait_until([&] {
    return metrics().find("nvmeofs_export_clients{export=\"toto\"} 1\n") != std::string::npos;
  }));
  EXPECT_THAT(metrics(), Not(HasSubstr("nqn.host")));
}

TEST_F(Overview, HasTheIoOfDisksThatAreServed) {
  complete();
  EXPECT_THAT(metrics(), Not(HasSubstr("nvmeofs_device_reads_total{")));
  ASSERT_EQ(store(file("enabled"), "1\n"), 0);
  EXPECT_THAT(metrics(), HasSubstr("nvmeofs_device_reads_total{export=\"toto\",nsid=\"1\"} "));
}

TEST_F(Overview, HasNoIoOfAFile) {
  ASSERT_EQ(store(file("device"), "/srv/disk.img\n"), 0);
  ASSERT_EQ(store(file("address"), "tcp://192.168.1.32\n"), 0);
  ASSERT_EQ(store(file("enabled"), "1\n"), 0);
  EXPECT_THAT(metrics(), AllOf(HasSubstr("nvmeofs_exports{state=\"enabled\"} 1\n"),
                               Not(HasSubstr("nvmeofs_device_reads_total{"))));
}

TEST_F(Overview, DrawsWhatIsServedToWhom) {
  serve();
  connect();
  EXPECT_TRUE(wait_until([&] {
    return topology().find("\"host nqn.host\" -> \"export toto\" [style=bold") != std::string::npos;
  }));
  EXPECT_THAT(topology(),
              AllOf(HasSubstr("\"export toto\" -> \"port rdma:192.168.1.32:4420\" [style=solid]"),
                    HasSubstr("\"export toto\" -> \"device /dev/nvme0n1\" [style=solid"),
                    HasSubstr("\"any host\" -> \"export toto\"")));
}

// A namespace that goes can wait for its disk for ever.
TEST_F(Overview, IsReadWhileAStepWaitsInTheKernel) {
  serve();
  const std::uint64_t enabled = file("enabled");
  const auto handle = open(enabled, O_WRONLY).as<fuse_open_out>().fh;
  backend_.hold(Verb::remove_item);
  const std::uint64_t request = send_write(enabled, handle, "0\n");
  ASSERT_TRUE(backend_.wait_until_held());
  EXPECT_THAT(metrics(), HasSubstr("\n# EOF\n"));
  EXPECT_THAT(topology(), HasSubstr("\"export toto\""));
  EXPECT_FALSE(kernel_->answered(request));
  backend_.let_go();
  EXPECT_EQ(kernel_->receive(request).error, 0);
}

// What stat says and what is then read belong together, as long as nothing changes meanwhile.
TEST_F(Overview, HasTheExactSize) {
  serve();
  for (const NodeId node : {metrics_node, topology_node})
    EXPECT_TRUE(wait_until([&] { return size(node) == text(node).size(); })) << node;
}

}  // namespace
}  // namespace nvmeofs
