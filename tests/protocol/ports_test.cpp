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

TEST_F(PortsProtocol, SayWhatTheKernelHasMadeOfWhatIsNotSet) {
  complete();
  ASSERT_EQ(store(file("enabled"), "1\n"), 0);
  EXPECT_EQ(text(port("inline_data_size")), "4096\n");
  EXPECT_EQ(store(port("inline_data_size"), "8192\n"), EBUSY);
  EXPECT_EQ(store(port("inline_data_size"), "4096\n"), 0);
}

}  // namespace
}  // namespace nvmeofs
