#include "nvmeofs/discovery_conf.h"

#include <gmock/gmock.h>

#include <cerrno>

namespace nvmeofs {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* host = "nqn.2014-08.org.nvmexpress:uuid:5a7b3c1e-0b3d-4a53-9d2b-2f8a1d0c9e01";

std::vector<DiscoveryLine> read(const std::string& text) {
  auto lines = parse_discovery_conf(text);
  EXPECT_TRUE(lines) << lines.error().message;
  return lines ? *lines : std::vector<DiscoveryLine>{};
}
std::string refusal(const std::string& text) {
  const auto lines = parse_discovery_conf(text);
  if (lines) return "(taken)";
  EXPECT_EQ(lines.error().errnum, EINVAL);
  return lines.error().message;
}

TEST(DiscoveryConf, IsReadAsNvmeCliReadsIt) {
  const auto lines = read(std::string("# storage network A and B\n"
                                      "\n"
                                      "--transport=rdma --traddr=192.168.1.32 --trsvcid=4420 "
                                      "--persistent\n"
                                      "  -t tcp  -a fd00::32\n"
                                      "-t=tcp -a=10.0.0.1 -s 4420 -n "
                                      "nqn.2014-08.org.nvmexpress.discovery -q ") +
                          host + " -I 5a7b3c1e-0b3d-4a53-9d2b-2f8a1d0c9e01");
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0].address.uri(), "rdma://192.168.1.32:4420");
  EXPECT_TRUE(lines[0].persistent);
  EXPECT_EQ(lines[0].number, 3U);
  EXPECT_EQ(lines[1].address.uri(), "tcp://[fd00::32]:8009");
  EXPECT_FALSE(lines[1].persistent);
  EXPECT_EQ(lines[2].address.uri(), "tcp://10.0.0.1:4420");
  EXPECT_EQ(lines[2].host_nqn, host);
  EXPECT_EQ(lines[2].host_id, "5a7b3c1e-0b3d-4a53-9d2b-2f8a1d0c9e01");
}

TEST(DiscoveryConf, OfCommentsIsNothing) {
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read("# nothing\n\n   \n\t# here\n"), IsEmpty());
}

TEST(DiscoveryConf, IsTheSameAfterItWasWrittenAndRead) {
  const std::string text =
      "--transport=rdma --traddr=192.168.1.32 --trsvcid=4420 --persistent\n"
      "--transport=tcp --traddr=fd00::32 --trsvcid=8009\n";
  std::vector<Discovery> all;
  for (const auto& line : read(text))
    all.push_back(
        {.name = line.address.name(), .address = line.address, .persistent = line.persistent});
  EXPECT_EQ(all.back().name, "tcp:[fd00::32]:8009");
  EXPECT_EQ(parse_discovery_name(all.back().name, Trtype::rdma).value(), all.back().address);
  EXPECT_EQ(discovery_conf_text(all), text);
}

TEST(DiscoveryConf, RefusesWhatADirectoryCannotHave) {
  for (const char* option :
       {"-l -1", "--ctrl-loss-tmo=1800", "-w 10.0.0.2", "--host-iface=eth1", "-i 4", "-g",
        "--quiet", "-S", "--frobnicate", "--dhchap-secret=canary", "somebody", "# and so on"})
    EXPECT_THAT(refusal(std::string("\n-t tcp -a 10.0.0.1 ") + option + "\n"),
                AllOf(StartsWith("line 2: " + std::string(option).substr(
                                                  0, std::string(option).find_first_of(" ="))),
                      HasSubstr("has no place in discovery/")))
        << option;
}

TEST(DiscoveryConf, RefusesWhatIsNoController) {
  EXPECT_THAT(refusal("-a 10.0.0.1"), HasSubstr("line 1: --transport is missing"));
  EXPECT_THAT(refusal("-t tcp"), HasSubstr("--traddr is missing"));
  EXPECT_THAT(refusal("-t tcp -a"), StartsWith("line 1: "));
  EXPECT_THAT(refusal("-t fc -a nn-0x1:pn-0x2"), HasSubstr("fc"));
  EXPECT_THAT(refusal("-t tcp -a array.example"), HasSubstr("array.example"));
  EXPECT_THAT(refusal("-t tcp -a 10.0.0.1 -s http"), HasSubstr("http"));
  EXPECT_THAT(refusal("-t tcp -a 0.0.0.0"), HasSubstr("every address"));
  EXPECT_THAT(refusal("-t tcp -a 10.0.0.1 -n toto"), HasSubstr("no other is asked"));
  EXPECT_THAT(refusal("-t tcp -a 10.0.0.1 -I x"), HasSubstr("no host id"));
  EXPECT_THAT(refusal("-t tcp -a 10.0.0.1\r\n"), HasSubstr("\\x0d"));
}

TEST(DiscoveryConf, HasLimits) {
  EXPECT_THAT(refusal("-t tcp -a " + std::string(5000, '1')), HasSubstr("4095 bytes"));
  std::string text;
  for (int i = 0; i < 1024; ++i) text += "-t tcp -a 10.0.0.1\n";
  EXPECT_THAT(read(text), SizeIs(1024));
  EXPECT_THAT(refusal(text + "-t tcp -a 10.0.0.1\n"), StartsWith("line 1025: "));
}

}  // namespace
}  // namespace nvmeofs
