#include <gmock/gmock.h>

#include <ostream>

#include "support/subprocess.h"

namespace nvmeofs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(CommandLine, SaysItsVersion) {
  const Outcome outcome = run({NVMEOFS_PROGRAM, "--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, MatchesRegex("nvmeofs [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(CommandLine, ExplainsItself) {
  const Outcome outcome = run({NVMEOFS_PROGRAM, "--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("nvmeofs [SOURCE] MOUNTPOINT [-o OPTIONS] [-f]"),
                                 HasSubstr("nvmeofs check"), HasSubstr("transport=rdma|tcp"),
                                 HasSubstr("hosts=any|none"), HasSubstr("allow_other")));
}

TEST(CommandLine, ChecksTheMachine) {
  const Outcome outcome = run({NVMEOFS_PROGRAM, "check"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("nvmet"), HasSubstr("configfs")));
  EXPECT_THAT(outcome.status, ::testing::Le(1));
}

struct Wrong {
  const char* name;
  Command arguments;
  const char* said;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.name;
}

class WrongCommandLine : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongCommandLine, IsRefusedWithASentence) {
  Command command{NVMEOFS_PROGRAM};
  command.insert(command.end(), GetParam().arguments.begin(), GetParam().arguments.end());
  const Outcome outcome = run(command);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(::testing::StartsWith("nvmeofs: "), HasSubstr(GetParam().said)));
  EXPECT_EQ(outcome.out, "");
}

const Wrong wrong_command_lines[] = {
    {"NoMountPoint", {}, "no mount point"},
    {"UnknownSource", {"kernel", "/mnt"}, "'kernel' is no source"},
    {"UnknownOption", {"sim", "/mnt", "-o", "colour=red"}, "'colour=red' is not known"},
    {"UserByName", {"sim", "/mnt", "-o", "uid=root"}, "'uid=root': write the number"},
    {"NobodyAtAll", {"sim", "/mnt", "-o", "gid=4294967295"}, "'gid=4294967295': write the number"},
    {"UmaskOfNine", {"sim", "/mnt", "-o", "umask=029"}, "an octal number from 0 to 0777"},
    {"UmaskOfSetuid", {"sim", "/mnt", "-o", "umask=7022"}, "an octal number from 0 to 0777"},
    {"PrefixOfNoName", {"sim", "/mnt", "-o", "nqn_prefix=a/b"}, "'nqn_prefix=a/b': a name is"},
    {"UnknownTransport", {"sim", "/mnt", "-o", "transport=ib"}, "ib"},
    {"NoPermissionChecks", {"sim", "/mnt", "-o", "no_default_permissions"}, "is not known"},
    {"UnknownFlag", {"sim", "/mnt", "--daemon"}, "--daemon"},
    {"TooManyWords", {"sim", "/mnt", "/srv"}, "/srv"},
};

INSTANTIATE_TEST_SUITE_P(Each, WrongCommandLine, ::testing::ValuesIn(wrong_command_lines),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace nvmeofs
