// nqn_prefix=: what exports/ calls what the kernel and hosts know by a longer name.
#include <gmock/gmock.h>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;

class Prefixed : public MountFixture {
 protected:
  Prefixed() : MountFixture("transport=tcp,nqn_prefix=nqn.2024-01.org.example:") {}
};

TEST_F(Prefixed, ExportIsServedUnderItsWholeName) {
  make_export();
  EXPECT_THAT(read("exports/toto/plan"), HasSubstr("subsystems/nqn.2024-01.org.example:toto"));
  ASSERT_EQ(write("exports/toto/enabled", "1"), 0);
  EXPECT_EQ(read("ports/tcp:192.168.1.32:4420/exports"), "nqn.2024-01.org.example:toto\n");
  EXPECT_EQ(sh("ls exports").out, "toto\n");
  EXPECT_EQ(sh("echo 0 > exports/toto/enabled && rmdir exports/toto && ls exports").out, "");
}

TEST_F(Prefixed, ExportOfAnotherPrefixHasItsWholeName) {
  make_export("nqn.2019-08.com.other:disk");
  EXPECT_THAT(read("exports/nqn.2019-08.com.other:disk/plan"),
              HasSubstr("subsystems/nqn.2019-08.com.other:disk"));
  EXPECT_EQ(sh("ls exports").out, "nqn.2019-08.com.other:disk\n");
}

TEST_F(Prefixed, WholeNameIsRefusedWithTheShortOne) {
  EXPECT_THAT(sh("mkdir exports/nqn.2024-01.org.example:toto").err, HasSubstr("Invalid argument"));
  EXPECT_THAT(read("log"), HasSubstr("write toto"));
  EXPECT_EQ(sh("ls exports").out, "");
}

TEST_F(Prefixed, NameThatIsTooLongWithItIsRefused) {
  EXPECT_THAT(sh("mkdir exports/" + std::string(200, 'a')).err, HasSubstr("too long"));
}

}  // namespace
}  // namespace nvmeofs
