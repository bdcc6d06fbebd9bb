// config.json and discovery.conf, copied in and out, over the simulated host: disk-array is at
// tcp://192.168.2.40:4420, which a discovery controller at port 8009 lists.
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

// Of the simulated machine.
constexpr const char* host = "nqn.2014-08.org.nvmexpress:uuid:5e5e5e5e-0000-4000-8000-000000000001";
// Of 32 bytes 0x61, as `nvme gen-dhchap-key` prints one without a hash.
constexpr const char* secret = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";

class DocumentsMount : public MountFixture {
 protected:
  // As nvme-cli leaves it.
  static std::string config(const std::string& more = "", const std::string& padding = "") {
    return std::string("[\n  {\n    \"hostnqn\": \"") + host +
           "\",\n    \"hostid\": \"5e5e5e5e-0000-4000-8000-000000000001\",\n"
           "    \"subsystems\": [\n" +
           padding +
           "      {\n        \"nqn\": \"disk-array\",\n        \"ports\": [\n          {\n"
           "            \"transport\": \"tcp\",\n            \"traddr\": \"192.168.2.40\",\n"
           "            \"trsvcid\": \"4420\"" +
           more + "\n          }\n        ]\n      }\n    ]\n  }\n]\n";
  }
  // By `with FILE to`.
  Outcome copy(const std::string& text, const std::string& to, const std::string& with = "cp ") {
    const std::string file = directory_ / "copy";
    std::ofstream(file) << text;
    return sh(with + file + " " + to);
  }
};

TEST_F(DocumentsMount, ConnectWhatIsCopiedIn) {
  const Outcome outcome = copy(config(",\n \"queue_size\": 64"), "connections/config.json");
  EXPECT_EQ(outcome.status, 0) << outcome.err << read("log");
  EXPECT_THAT(read("connections/disk-array/status"), StartsWith("connected\n"));
  EXPECT_EQ(read("connections/disk-array/options/queue_size"), "64\n");
  EXPECT_EQ(read("connections/disk-array/options/host_nqn"), "");
}

TEST_F(DocumentsMount, ChangeNothingWhenTheySayWhatIsThere) {
  ASSERT_EQ(copy(config(), "connections/config.json").status, 0);
  const auto before = read("connections/disk-array/status");
  const Outcome outcome = sh(R"(set -e
    copy=$(mktemp)
    cp connections/config.json $copy
    cp $copy connections/config.json
    cmp connections/config.json $copy
    rm $copy
    : > connections/config.json
    tail -n 1 log)");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("connections/config.json: ok: all of it is there already"));
  EXPECT_EQ(read("connections/disk-array/status"), before);
}

TEST_F(DocumentsMount, MayBeLargerThanOneWrite) {
  const auto padding = std::string(300000, ' ') + "\n";
  const Outcome outcome = copy(config("", padding), "connections/config.json");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(read("connections/disk-array/status"), StartsWith("connected\n"));
  EXPECT_EQ(copy(config(), "of=connections/config.json status=none", "dd bs=64 if=").status, 0);
  EXPECT_NE(copy(config("", std::string(1 << 20, ' ') + "\n"), "connections/config.json").status,
            0);
  EXPECT_THAT(read("log"), HasSubstr("EFBIG too-long"));
}

TEST_F(DocumentsMount, ThatAreCutOffMakeTheCopyFail) {
  auto half = config();
  half.resize(half.size() / 2);
  const Outcome outcome = copy(half + "\n", "connections/config.json");
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("Invalid argument"));
  EXPECT_EQ(sh("ls connections").out, "config.json\n");
}

TEST_F(DocumentsMount, AreRefusedWholeWithThePlace) {
  const Outcome outcome = copy(config(",\n \"qeueu_size\": 64"), "connections/config.json");
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("Invalid argument"));
  EXPECT_THAT(sh("tail -n 1 log").out,
              HasSubstr("host 1, subsystem 1, port 1, \"qeueu_size\": there is no such key"));
  EXPECT_EQ(sh("ls connections").out, "config.json\n");
}

TEST_F(DocumentsMount, ShowNoSecret) {
  const auto with_secrets = config(std::string(",\n \"dhchap_key\": \"") + secret +
                                   "\",\n \"dhchap_ctrl_key\": \"" + secret + "\"");
  copy(with_secrets, "connections/config.json");
  EXPECT_THAT(sh("cat connections/config.json log; cat connections/*/status").out,
              AllOf(Not(HasSubstr("YWFhYWFh")), HasSubstr("config.json")));
}

TEST_F(DocumentsMount, OfDiscoveryAskAndConnect) {
  const Outcome outcome =
      copy("# storage network A\n\n--transport=tcp --traddr=192.168.2.40 --persistent\n",
           "discovery/discovery.conf");
  EXPECT_EQ(outcome.status, 0) << outcome.err << read("log");
  EXPECT_EQ(read("discovery/tcp:192.168.2.40:8009/connect_all"), "1\n");
  EXPECT_EQ(read("discovery/tcp:192.168.2.40:8009/persistent"), "1\n");
  EXPECT_THAT(read("connections/disk-array/status"), StartsWith("connected\n"));
  EXPECT_EQ(read("discovery/discovery.conf"),
            "--transport=tcp --traddr=192.168.2.40 --trsvcid=8009 --persistent\n");
  EXPECT_EQ(sh("rmdir discovery/tcp:192.168.2.40:8009").status, 0);
}

TEST_F(DocumentsMount, OfDiscoverySayWhatHasNoPlace) {
  EXPECT_EQ(write("discovery/discovery.conf", "-t tcp -a 192.168.2.40 -l -1"), EINVAL);
  EXPECT_THAT(sh("tail -n 1 log").out, HasSubstr("line 1: -l has no place in discovery/"));
  EXPECT_EQ(sh("ls discovery").out, "discovery.conf\n");
}

TEST_F(DocumentsMount, KeepTheirNames) {
  EXPECT_NE(sh("mkdir connections/config.json").status, 0);
  EXPECT_NE(sh("mkdir discovery/discovery.conf").status, 0);
  EXPECT_NE(sh("rm -f connections/config.json").status, 0);
}

}  // namespace
}  // namespace nvmeofs
