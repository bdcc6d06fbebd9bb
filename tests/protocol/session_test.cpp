#include <gmock/gmock.h>
#include <poll.h>

#include "protocol/fake_kernel.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;

bool has_ended(const Session& session) {
  pollfd ended{session.ended_fd(), POLLIN, 0};
  return ::poll(&ended, 1, 30'000) == 1;
}

TEST_F(ProtocolTest, AnswersEachOfManyRequestsOnce) {
  complete();
  const std::uint64_t hosts = file("hosts");
  const auto handle = open(hosts, O_WRONLY).as<fuse_open_out>().fh;
  std::vector<std::uint64_t> requests;
  for (int i = 0; i < 200; ++i) {
    requests.push_back(send_write(hosts, handle, i % 2 == 0 ? "any\n" : "no NQN\n"));
    requests.push_back(kernel_->send(FUSE_GETATTR, exports_node, bytes_of(fuse_getattr_in{})));
  }
  for (const auto request : requests) kernel_->receive(request);
  EXPECT_EQ(kernel_->surplus(), 0U);
}

TEST_F(ProtocolTest, AnswersOthersWhileAStepWaitsInTheKernel) {
  complete();
  const std::uint64_t enabled = file("enabled");
  const auto handle = open(enabled, O_WRONLY).as<fuse_open_out>().fh;
  backend_.hold(Verb::make_link);
  const auto waiting = send_write(enabled, handle, "1\n");
  EXPECT_EQ(text(enabled), "0\n");
  EXPECT_NE(lookup(root_node, "README"), 0U);
  EXPECT_FALSE(kernel_->answered(waiting));
  backend_.let_go();
  EXPECT_EQ(kernel_->receive(waiting).error, 0);
  EXPECT_EQ(text(enabled), "1\n");
}

// A caller that is not answered would hold the kernel's lock of the directory.
TEST_F(ProtocolTest, AnswersWhatComesAfterTheEngineHasStopped) {
  const std::uint64_t device = file("device");
  engine_->stop();
  EXPECT_NE(store(device, "/dev/nvme0n1\n"), 0);
  EXPECT_NE(mkdir(exports_node, "other").error, 0);
  EXPECT_EQ(getattr(exports_node).error, 0);
}

TEST_F(ProtocolTest, EndsAtOnceWhenItIsToldTo) {
  const auto begin = std::chrono::steady_clock::now();
  session_->stop();
  EXPECT_TRUE(has_ended(*session_));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(ProtocolTest, EndsWhenTheKernelHangsUp) {
  kernel_->hang_up();
  EXPECT_TRUE(has_ended(*session_));
}

}  // namespace
}  // namespace nvmeofs
