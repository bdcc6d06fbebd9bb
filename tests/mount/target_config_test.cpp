// config.json at the root, copied in and out.
#include <gmock/gmock.h>

#include <cerrno>
#include <fstream>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class TargetConfigMount : public MountFixture {
 protected:
  TargetConfigMount() : MountFixture("transport=tcp") {}
  // What is served, in a file beside the mount.
  std::string save() const {
    EXPECT_EQ(sh("cp config.json " + file()).status, 0);
    return file();
  }
  std::string file() const { return directory_ / "saved.json"; }
  void serve(const std::string& name, const std::string& device) const {
    make_export(name, device);
    ASSERT_EQ(write("exports/" + name + "/enabled", "1"), 0);
  }
};

TEST_F(TargetConfigMount, IsWhatIsServed) {
  EXPECT_EQ(read("config.json"),
            "{\n  \"hosts\": [],\n  \"ports\": [],\n  \"subsystems\": []\n}\n");
  serve("toto", "/dev/nvme0n1");
  EXPECT_THAT(read("config.json"),
              AllOf(HasSubstr("\"nqn\": \"toto\""), HasSubstr("\"path\": \"/dev/nvme0n1\""),
                    HasSubstr("\"traddr\": \"192.168.1.32\"")));
  EXPECT_EQ(sh("stat -c '%s %a' config.json").out,
            std::to_string(read("config.json").size()) + " 644\n");
}

TEST_F(TargetConfigMount, RestoresWhatIsCopiedIn) {
  serve("toto", "/dev/nvme0n1");
  serve("titi", "/dev/sdb");
  save();
  ASSERT_EQ(sh("for e in toto titi; do echo 0 > exports/$e/enabled; rmdir exports/$e; done").status,
            0);
  const Outcome outcome = sh("cp " + file() + " config.json");
  EXPECT_EQ(outcome.status, 0) << outcome.err << read("log");
  EXPECT_THAT(read("exports/toto/status"), StartsWith("enabled\n"));
  EXPECT_THAT(read("exports/titi/status"), StartsWith("enabled\n"));
  EXPECT_EQ(sh("cmp config.json " + file()).status, 0);
}

TEST_F(TargetConfigMount, OfWhatIsThereChangesNothing) {
  serve("toto", "/dev/nvme0n1");
  EXPECT_EQ(sh("cp " + save() + " config.json").status, 0);
  EXPECT_THAT(sh("tail -n 1 log").out, HasSubstr("config.json: ok: nothing to do"));
}

// Of another size than a block of cp.
TEST_F(TargetConfigMount, MayComeInManyWrites) {
  serve("toto", "/dev/nvme0n1");
  save();
  ASSERT_EQ(sh("{ head -c 300000 /dev/zero | tr '\\0' ' '; cat " + file() + "; } > " + file() +
               "2 && cp " + file() + "2 config.json")
                .status,
            0);
  EXPECT_THAT(sh("tail -n 1 log").out, HasSubstr("config.json: ok: nothing to do"));
}

TEST_F(TargetConfigMount, ThatEndsTooEarlyIsRefusedByClose) {
  serve("toto", "/dev/nvme0n1");
  const Outcome outcome =
      sh("head -c 100 " + save() + " > " + file() + "2; cp " + file() + "2 config.json");
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("Invalid argument"));
  EXPECT_THAT(read("exports/toto/status"), StartsWith("enabled\n"));
}

TEST_F(TargetConfigMount, IsRefusedWholeWithTheReasonInTheLog) {
  serve("toto", "/dev/nvme0n1");
  save();
  ASSERT_EQ(sh("echo 0 > exports/toto/enabled; rmdir exports/toto; "
               "sed -i s:/dev/nvme0n1:/dev/missing: " +
               file())
                .status,
            0);
  EXPECT_THAT(sh("cp " + file() + " config.json").err, HasSubstr("No such file or directory"));
  EXPECT_THAT(sh("tail -n 1 log").out,
              AllOf(HasSubstr("config.json: ENOENT device-missing: exports/toto: "),
                    HasSubstr("everything is as it was before")));
  EXPECT_EQ(sh("ls exports").out, "");
}

TEST_F(TargetConfigMount, TellsKeysToNobody) {
  constexpr const char* key = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";
  ASSERT_EQ(sh("mkdir exports/toto; echo nqn.h > exports/toto/hosts").status, 0);
  std::ofstream(file()) << R"({"hosts": [{"nqn": "nqn.h", "dhchap": {"key": ")" << key << "\"}}]}";
  ASSERT_EQ(sh("cp " + file() + " config.json").status, 0) << read("log");
  EXPECT_EQ(read("hosts/nqn.h/dhchap_key"), "set\n");
  EXPECT_THAT(read("config.json") + read("log"), Not(HasSubstr("DHHC")));
}

}  // namespace
}  // namespace nvmeofs
