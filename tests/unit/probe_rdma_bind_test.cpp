// Asking librdmacm through a program, here one that the test has written.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "hanging_folder.h"
#include "probe/rdma_bind.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds generous{30};
constexpr std::chrono::milliseconds short_limit{200};

sockaddr_storage ipv4(const char* text) {
  sockaddr_storage storage{};
  auto* in = reinterpret_cast<sockaddr_in*>(&storage);
  in->sin_family = AF_INET;
  EXPECT_EQ(inet_pton(AF_INET, text, &in->sin_addr), 1);
  return storage;
}

sockaddr_storage ipv6(const char* text, unsigned scope = 0) {
  sockaddr_storage storage{};
  auto* in = reinterpret_cast<sockaddr_in6*>(&storage);
  in->sin6_family = AF_INET6;
  in->sin6_scope_id = scope;
  EXPECT_EQ(inet_pton(AF_INET6, text, &in->sin6_addr), 1);
  return storage;
}

// No process that we started, dead or alive.
bool without_children() {
  return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

class LibrdmacmProgram : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(without_children()); }

  // What is asked from now on.
  void is(const std::string& script) {
    std::ofstream(program_) << "#!/bin/sh\n" << script << "\n";
    ASSERT_EQ(chmod(program_.c_str(), 0755), 0);
  }

  Result<bool> ask(std::chrono::milliseconds limit = generous) {
    const std::size_t before = open_descriptors();
    auto answer = RdmaBind(program_, limit).answers_for(ipv4("192.168.1.32"));
    EXPECT_EQ(open_descriptors(), before);
    return answer;
  }

  Error refused(std::chrono::milliseconds limit = generous) {
    const auto answer = ask(limit);
    if (!answer) return answer.error();
    ADD_FAILURE() << "it answered " << *answer;
    return {};
  }

  std::string noted() const {
    std::ifstream file(note_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const TempFolder folder_;
  const std::string program_ = folder_ / "bind";
  const std::string note_ = folder_ / "note";
};

TEST_F(LibrdmacmProgram, ThatNamesTheDeviceSaysYes) {
  is("echo rxe0");
  EXPECT_EQ(ask(), true);
}

TEST_F(LibrdmacmProgram, IsGivenTheAddressInNumbers) {
  is("echo $# $1 >> " + note_ + "; echo rxe0");
  RdmaBind rdma(program_);
  EXPECT_TRUE(rdma.answers_for(ipv4("192.168.1.32")));
  EXPECT_TRUE(rdma.answers_for(ipv6("fd00:1::32")));
  EXPECT_TRUE(rdma.answers_for(ipv6("fe80::1:32", 3)));
  EXPECT_EQ(noted(), "1 192.168.1.32\n1 fd00:1::32\n1 fe80::1:32%3\n");
}

TEST_F(LibrdmacmProgram, ThatBoundNoDeviceSaysYesForAWildcardOnly) {
  is("echo -");
  RdmaBind rdma(program_, generous);
  EXPECT_EQ(rdma.answers_for(ipv4("0.0.0.0")), true);
  EXPECT_EQ(rdma.answers_for(ipv6("::")), true);
  EXPECT_EQ(rdma.answers_for(ipv4("192.168.1.32")), false);
  EXPECT_EQ(rdma.answers_for(ipv6("fd00:1::32")), false);
}

TEST_F(LibrdmacmProgram, ThatFoundNoDeviceSaysNo) {
  for (const auto& [errnum, status] : {std::pair{ENODEV, 1}, {EADDRNOTAVAIL, 1}, {ENODEV, 2}}) {
    is(fmt::format("echo {}; exit {}", errnum, status));
    EXPECT_EQ(ask(), false) << errnum << " with " << status;
  }
}

TEST_F(LibrdmacmProgram, ThatMeetsAnotherErrorIsRefusedWithIt) {
  for (const auto& [errnum, status] : {std::pair{ENOMEM, 1}, {EPERM, 2}, {EADDRNOTAVAIL, 2}}) {
    is(fmt::format("echo {}; exit {}", errnum, status));
    const Error error = refused();
    EXPECT_EQ(error.errnum, errnum);
    EXPECT_EQ(error.reason, Reason::kernel_refused);
    EXPECT_EQ(error.message,
              std::string("the RDMA connection manager cannot be asked: ") + std::strerror(errnum));
  }
}

TEST_F(LibrdmacmProgram, ThatTalksNonsenseIsRefused) {
  for (const char* script :
       {"exit 0", "printf rxe0", "echo", "echo rxe0; echo rxe1", "echo; exit 1", "echo x; exit 1",
        "echo 0; exit 1", "echo -19; exit 1", "echo 19x; exit 1", "echo 99999999999; exit 1",
        "printf 19; exit 1", "exit 2", "echo 19; exit 3", "exit 127"}) {
    is(script);
    const Error error = refused();
    EXPECT_EQ(error.errnum, EIO) << script;
    EXPECT_EQ(error.reason, Reason::internal) << script;
    EXPECT_THAT(error.message, HasSubstr("run it by hand, " + program_)) << script;
  }
  is("exit 127");
  EXPECT_THAT(refused().message, HasSubstr("ended with status 127 and no answer"));
}

TEST_F(LibrdmacmProgram, ThatIsEndedByASignalIsRefused) {
  is("echo rxe0; kill -SEGV $$");
  const Error error = refused();
  EXPECT_EQ(error.errnum, EIO);
  EXPECT_THAT(error.message, HasSubstr("was ended by signal 11"));
}

TEST_F(LibrdmacmProgram, ThatHangsIsRefusedInTimeAndKilled) {
  is("exec sleep 1000");
  const auto begin = Clock::now();
  const Error error = refused(short_limit);
  EXPECT_LT(Clock::now() - begin, generous);
  EXPECT_EQ(error.errnum, ETIMEDOUT);
  EXPECT_EQ(error.reason, Reason::kernel_refused);
  EXPECT_THAT(error.message, HasSubstr("did not answer within 0.2 s"));
  EXPECT_TRUE(without_children());
}

TEST_F(LibrdmacmProgram, ThatNeverStopsTalkingIsRefusedInTimeAndKilled) {
  is("exec yes");
  EXPECT_EQ(refused(short_limit).errnum, ETIMEDOUT);
}

TEST_F(LibrdmacmProgram, IsNotWaitedForLongerThanItLivesThoughItsOutputIsHeldOpen) {
  is("sleep 1000 & echo $! > " + note_ + "; echo rxe0");
  const auto begin = Clock::now();
  EXPECT_EQ(ask(generous * 10), true);
  EXPECT_LT(Clock::now() - begin, generous);
  EXPECT_EQ(::kill(std::stoi(noted()), SIGKILL), 0);
}

TEST_F(LibrdmacmProgram, ThatIsMissingIsNamed) {
  const Error error = refused();
  EXPECT_EQ(error.errnum, EIO);
  EXPECT_EQ(error.reason, Reason::internal);
  EXPECT_THAT(error.message, HasSubstr(program_ + ": No such file or directory"));
}

TEST_F(LibrdmacmProgram, ThatCannotBeRunIsNamed) {
  is("echo rxe0");
  ASSERT_EQ(chmod(program_.c_str(), 0644), 0);
  EXPECT_THAT(refused().message, HasSubstr(program_ + ": Permission denied"));
}

TEST_F(LibrdmacmProgram, GetsNoneOfOurDescriptors) {
  const Fd ours(fcntl(STDERR_FILENO, F_DUPFD, 77));  // as a library may: not close-on-exec
  ASSERT_TRUE(ours);
  is(
      fmt::format("for fd in 0 2 {}; do readlink /proc/$$/fd/$fd >> {} || echo none >> {}; done; "
                  "echo rxe0",
                  ours.get(), note_, note_));
  EXPECT_EQ(ask(), true);
  EXPECT_EQ(noted(), "/dev/null\n/dev/null\nnone\n");
}

TEST_F(LibrdmacmProgram, GetsNoneOfOurEnvironment) {
  is("tr '\\0' '\\n' < /proc/$$/environ > " + note_ + "; echo rxe0");
  EXPECT_EQ(ask(), true);
  EXPECT_EQ(noted(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
}

TEST_F(LibrdmacmProgram, GetsNoneOfOurBlockedAndIgnoredSignals) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  for (const int signal : {SIGTERM, SIGALRM, SIGUSR1}) sigaddset(&blocked, signal);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  const auto handler = signal(SIGPIPE, SIG_IGN);
  is("grep -E '^Sig(Blk|Ign)' /proc/self/status > " + note_ + "; echo rxe0");
  EXPECT_EQ(ask(), true);
  // But for 32 and 33, which glibc keeps for itself.
  EXPECT_THAT(noted(), MatchesRegex("SigBlk:\t0000000000000000\n"
                                    "SigIgn:\t0000000[01][08]0000000\n"));
  signal(SIGPIPE, handler);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(LibrdmacmProgram, WhoseEndNobodyMaySeeIsRefused) {
  const auto handler = signal(SIGCHLD, SIG_IGN);
  is("echo rxe0");
  EXPECT_THAT(refused().message, HasSubstr("the program that asks librdmacm ended unseen"));
  signal(SIGCHLD, handler);
}

TEST_F(LibrdmacmProgram, ListsTheDevicesThatItHasADriverFor) {
  RdmaBind rdma(program_, generous);
  is("echo $# > " + note_ + "; echo rxe0; echo mlx5_0");
  const auto devices = rdma.devices();
  ASSERT_TRUE(devices) << devices.error().message;
  EXPECT_THAT(*devices, ElementsAre("rxe0", "mlx5_0"));
  EXPECT_EQ(noted(), "0\n");
  is("exit 0");
  EXPECT_THAT(rdma.devices().value(), IsEmpty());
}

TEST_F(LibrdmacmProgram, ThatCannotListIsRefused) {
  RdmaBind rdma(program_, generous);
  is(fmt::format("echo {}; exit 2", ENOSYS));
  EXPECT_EQ(rdma.devices().error().errnum, ENOSYS);
  is("echo rxe0; exit 1");
  EXPECT_EQ(rdma.devices().error().errnum, EIO);
  is("exec sleep 1000");
  EXPECT_EQ(RdmaBind(program_, short_limit).devices().error().errnum, ETIMEDOUT);
}

TEST_F(LibrdmacmProgram, ThatHangsInTheKernelIsLeftAndNoOtherStartedBesideIt) {
  const PrivateNamespace mounts(CLONE_NEWNS);
  HangingFolder hanging(folder_ / "hanging");
  RdmaBind rdma(program_, 5 * short_limit);  // time enough to come to the folder
  const auto ask_it = [&] { return rdma.answers_for(ipv4("192.168.1.32")); };
  is("exec cat " + (hanging / "name"));
  std::thread reader([&] { hanging.wait_for_a_victim(); });
  const auto begin = Clock::now();
  const auto first = ask_it();
  EXPECT_LT(Clock::now() - begin, generous);
  reader.join();
  ASSERT_FALSE(first);
  EXPECT_THAT(first.error().message, HasSubstr("did not answer within 1 s"));
  EXPECT_FALSE(without_children());

  is("echo rxe0 | tee " + note_);
  const auto second = ask_it();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().errnum, ETIMEDOUT);
  EXPECT_THAT(second.error().message, HasSubstr("earlier question"));
  EXPECT_EQ(noted(), "");

  hanging.let_go();
  const auto end = Clock::now() + generous;
  auto third = ask_it();
  while (!third && Clock::now() < end) third = ask_it();
  EXPECT_EQ(third, true) << third.error().message;
}

TEST(LibrdmacmProgramItself, SaysWhatItMayOnAnyMachine) {
  RdmaBind rdma(NVMEOFS_RDMA_BIND, generous);
  const auto answer = rdma.answers_for(ipv4("192.0.2.1"));
  EXPECT_TRUE(!answer || !*answer);
  if (!answer) {
    EXPECT_EQ(answer.error().reason, Reason::kernel_refused) << answer.error().message;
  }
}

TEST(LibrdmacmProgramItself, IsLookedForWhereItIsInstalledWhenItIsNotBesideUs) {
  EXPECT_THAT(rdma_bind_program(), ::testing::EndsWith("/nvmeofs/nvmeofs-rdma-bind"));
}

}  // namespace
}  // namespace nvmeofs::test
