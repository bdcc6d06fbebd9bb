// hosts/: keys, which nobody is shown.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* key_32 = "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";

const TempDir state_directory;
const std::string state_file = state_directory / "state.json";

class HostsMount : public MountFixture {
 protected:
  HostsMount() : MountFixture("state=" + state_file) {}
};

TEST_F(HostsMount, KeepTheirKeyInTheStateFileAlone) {
  make_export();
  ASSERT_EQ(sh("mkdir hosts/nqn.a").status, 0);
  ASSERT_EQ(write("exports/toto/hosts", "nqn.a"), 0);
  EXPECT_EQ(write("hosts/nqn.a/dhchap_key", key_32), 0) << read("log");
  EXPECT_EQ(write("hosts/nqn.a/dhchap_ctrl_key", "DHHC-1:00:canary:"), EINVAL);
  ASSERT_EQ(write("exports/toto/enabled", "1"), 0) << read("log");
  EXPECT_EQ(read("hosts/nqn.a/dhchap_key"), "set\n");
  EXPECT_EQ(read("hosts/nqn.a/dhchap_ctrl_key"), "unset\n");
  EXPECT_EQ(sh("stat -c %a hosts/nqn.a/*").out, "600\n644\n644\n600\n444\n");
  EXPECT_EQ(sh("rmdir hosts/nqn.a").status, 1);

  const std::string all = sh("find . -type f ! -name subsystems -exec cat {} +").out;
  EXPECT_THAT(all, HasSubstr("hosts/nqn.a/dhchap_key = …"));
  EXPECT_THAT(all, AllOf(Not(HasSubstr("AAECAwQF")), Not(HasSubstr("canary"))));
  EXPECT_THAT(read_file(state_file), HasSubstr(key_32));
  EXPECT_EQ(sh("stat -c %a " + state_file + "*").out.find_first_not_of("60\n"), std::string::npos);

  ASSERT_EQ(write("exports/toto/enabled", "0"), 0);
  ASSERT_EQ(sh("rmdir exports/toto && rmdir hosts/nqn.a").status, 0);
  EXPECT_THAT(read_file(state_file), Not(HasSubstr(key_32)));
  program_->signal(SIGTERM);
  const Outcome& outcome = program_->wait();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("hosts/nqn.a/dhchap_key"));
  EXPECT_THAT(outcome.err, AllOf(Not(HasSubstr("AAECAwQF")), Not(HasSubstr("canary"))));
}

}  // namespace
}  // namespace nvmeofs
