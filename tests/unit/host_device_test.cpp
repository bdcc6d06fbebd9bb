// The program that connects, and a made-up kernel in its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "host/fabrics_device.h"
#include "host_support.h"
#include "support/wait_until.h"

namespace nvmeofs {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class ConnectProgram : public testing::Test {
 protected:
  std::string program(const std::string& script) const {
    const std::string path = directory / "connect";
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    chmod(path.c_str(), 0755);
    return path;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(directory / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TempDir directory;
};

TEST_F(ConnectProgram, NamesTheControllerThatWasMade) {
  FabricsDevice device(program("echo instance=12,cntlid=3"));
  EXPECT_EQ(device.connect("nqn=toto", 5s).value(), "nvme12");
}

TEST_F(ConnectProgram, HasTheOptionsFromItsInputAlone) {
  const std::string seen = directory / "seen";
  FabricsDevice device(
      program("{ cat; echo; echo \"$@\"; env; } >" + seen + "\necho instance=0,cntlid=1"));
  ASSERT_TRUE(device.connect("nqn=toto,dhchap_secret=DHHC-1", 5s));
  EXPECT_THAT(read("seen"), testing::StartsWith("nqn=toto,dhchap_secret=DHHC-1\n5000\n"));
  EXPECT_THAT(read("seen").substr(30), Not(HasSubstr("DHHC-1")));
}

TEST_F(ConnectProgram, HandsOnTheErrnoOfTheKernel) {
  FabricsDevice device(program("echo 111; exit 1"));
  const auto refused = device.connect("nqn=toto", 5s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().errnum, ECONNREFUSED);
  EXPECT_EQ(refused.error().reason, Reason::kernel_refused);
}

TEST_F(ConnectProgram, IsNoAnswerWhenItSaysNothing) {
  for (const auto* script : {"exit 0", "exit 1", "kill -9 $$", "echo nonsense"}) {
    FabricsDevice device(program(script));
    const auto refused = device.connect("nqn=toto", 5s);
    ASSERT_FALSE(refused) << script;
    EXPECT_EQ(refused.error().reason, Reason::internal) << script;
  }
}

TEST_F(ConnectProgram, IsMissedWhenItIsNotInstalled) {
  FabricsDevice device(directory / "none");
  EXPECT_THAT(device.connect("nqn=toto", 5s).error().message, HasSubstr("install nvmeofs again"));
}

TEST_F(ConnectProgram, IsLeftToItselfAfterTheLimitAndHoldsOffOthersUntilItEnds) {
  const std::string go = directory / "go";
  FabricsDevice device(
      program("while [ ! -e " + go + " ]; do sleep 0.05; done; echo " + "instance=1,cntlid=1"));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(device.connect("nqn=toto", 100ms).error().errnum, ETIMEDOUT);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  const auto next = device.connect("nqn=toto", 100ms);
  EXPECT_EQ(next.error().reason, Reason::kernel_waits);
  std::ofstream(go) << "now";
  EXPECT_TRUE(wait_until([&] { return device.connect("nqn=toto", 5s).has_value(); }));
}

TEST_F(ConnectProgram, IsNotStartedWithoutTime) {
  FabricsDevice device(program("echo instance=1,cntlid=1"));
  EXPECT_EQ(device.connect("nqn=toto", 0ms).error().errnum, ETIMEDOUT);
}

TEST_F(ConnectProgram, IsAskedForTheOptionsOnce) {
  const std::string asked = directory / "asked";
  FabricsDevice device(
      program("echo instance=-1,cntlid=-1,transport=%s,hdr_digest; echo >>" + asked));
  EXPECT_EQ(device.options(5s).value().size(), 2U);
  EXPECT_EQ(device.options(5s).value().size(), 2U);
  EXPECT_EQ(read("asked"), "\n");
}

TEST_F(ConnectProgram, IsNotWaitedForWhenItDoesNotSayTheOptions) {
  const std::string go = directory / "go";
  FabricsDevice device(
      program("while [ ! -e " + go + " ]; do sleep 0.05; done; echo >" + (directory / "ended")));
  EXPECT_EQ(device.options(10ms).error().reason, Reason::kernel_waits);
  std::ofstream(go) << "now";
  EXPECT_TRUE(wait_until([&] { return read("ended") == "\n"; }));
}

}  // namespace
}  // namespace nvmeofs
