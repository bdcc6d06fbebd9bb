// What `nvmeofs check` finds, and the modules that it asks about.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "probe/check.h"
#include "probe/kernel_modules.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

using ::testing::HasSubstr;

const CheckLine& line_of(const std::vector<CheckLine>& lines, const std::string& what) {
  static const CheckLine none{"no such line", false, "", ""};
  const auto found = std::find_if(lines.begin(), lines.end(),
                                  [&](const CheckLine& line) { return line.what == what; });
  return found == lines.end() ? none : *found;
}

std::string contents(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Check, HasALineForEachThingThatServingNeeds) {
  const auto lines = check_machine(NVMEOFS_RDMA_BIND);
  for (const char* what : {"kernel", "fuse", "configfs", "module nvmet", "module nvmet_tcp",
                           "module nvmet_rdma", "module rdma_ucm", "tcp addresses"}) {
    EXPECT_EQ(line_of(lines, what).what, what);
  }
}

TEST(Check, SaysTheMendOfWhateverIsLackingAndOfNothingElse) {
  for (const CheckLine& line : check_machine(NVMEOFS_RDMA_BIND)) {
    EXPECT_EQ(line.ok, line.mend.empty()) << line.what;
    EXPECT_FALSE(line.found.empty()) << line.what;
  }
}

TEST(Check, NamesTheRunningKernel) {
  utsname names{};
  ASSERT_EQ(uname(&names), 0);
  EXPECT_EQ(line_of(check_machine(NVMEOFS_RDMA_BIND), "kernel").found, names.release);
}

TEST(Check, OnlyLooks) {
  const std::string modules = contents("/proc/modules");
  const std::string mounts = contents("/proc/self/mountinfo");
  const std::size_t descriptors = open_descriptors();
  check_machine(NVMEOFS_RDMA_BIND);
  EXPECT_EQ(contents("/proc/modules"), modules);
  EXPECT_EQ(contents("/proc/self/mountinfo"), mounts);
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(Check, SaysThatLoopbackAddressesAreNotEnough) {
  const PrivateNamespace network(CLONE_NEWNET);
  run("ip link set lo up");
  const auto lines = check_machine(NVMEOFS_RDMA_BIND);
  EXPECT_FALSE(line_of(lines, "tcp addresses").ok);
  EXPECT_EQ(line_of(lines, "tcp addresses").found, "only loopback ones");
}

TEST(Check, ListsTheAddressesThatHostsCanUse) {
  const PrivateNamespace network(CLONE_NEWNET);
  run("ip link add v0 type veth peer name v1");
  run("ip address add 192.168.1.32/24 dev v0");
  EXPECT_EQ(line_of(check_machine(NVMEOFS_RDMA_BIND), "tcp addresses").found, "192.168.1.32 (v0)");
}

TEST(KernelModule, ThatDoesNotExistIsAbsentAndCannotBeLoaded) {
  EXPECT_EQ(module_state("nvmeofs_no_such_module"), ModuleState::absent);
  const auto loaded = load_module("nvmeofs_no_such_module");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().errnum, ENODEV);
  EXPECT_EQ(loaded.error().reason, Reason::no_module);
  EXPECT_THAT(loaded.error().message, HasSubstr("has no module nvmeofs_no_such_module"));
}

TEST(KernelModule, ThatIsBuiltInNeedsNoLoading) {
  // The part "kernel" of the kernel is never a module.
  EXPECT_EQ(module_state("kernel"), ModuleState::builtin);
  EXPECT_TRUE(load_module("kernel"));
}

TEST(KernelModule, NameThatIsAPathIsNoModule) {
  EXPECT_EQ(module_state("../module/no such"), ModuleState::absent);
  EXPECT_FALSE(load_module(""));
}

}  // namespace
}  // namespace nvmeofs::test
