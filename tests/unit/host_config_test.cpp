#include "nvmeofs/host_config.h"

#include <gmock/gmock.h>

#include <cerrno>

namespace nvmeofs {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

// Of 32 bytes 0x61, as `nvme gen-dhchap-key` prints one without a hash.
constexpr const char* secret = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";
constexpr const char* host = "nqn.2014-08.org.nvmexpress:uuid:5a7b3c1e-0b3d-4a53-9d2b-2f8a1d0c9e01";

// As libnvme 1.3 reads it and dumps it again.
constexpr const char* of_nvme_cli = R"([
  {
    "hostnqn": "nqn.2014-08.org.nvmexpress:uuid:5a7b3c1e-0b3d-4a53-9d2b-2f8a1d0c9e01",
    "hostid": "5a7b3c1e-0b3d-4a53-9d2b-2f8a1d0c9e01",
    "subsystems": [
      {
        "nqn": "nqn.2026-01.org.example:toto",
        "ports": [
          {
            "transport": "tcp",
            "traddr": "127.0.0.1",
            "trsvcid": "4420",
            "nr_io_queues": 2,
            "queue_size": 64,
            "reconnect_delay": 5,
            "ctrl_loss_tmo": 1800,
            "hdr_digest": true
          },
          {
            "transport": "tcp",
            "traddr": "fd00::32",
            "nr_io_queues": 2,
            "queue_size": 64,
            "reconnect_delay": 5,
            "ctrl_loss_tmo": 1800,
            "hdr_digest": true
          }
        ]
      }
    ]
  }
]
)";

std::string with_ports(const std::string& ports, const std::string& more = "") {
  return std::string(R"([{"hostnqn": ")") + host +
         R"(", "subsystems": [{"nqn": "toto", "ports": [)" + ports + "]}" + more + "]}]";
}
std::string with_port(const std::string& more) {
  return with_ports(R"({"transport": "tcp", "traddr": "10.0.0.1")" + more + "}");
}

HostConfig read(const std::string& text) {
  auto config = parse_host_config(text);
  EXPECT_TRUE(config) << config.error().message;
  return config ? *config : HostConfig{};
}
std::map<std::string, std::string> options_of(const std::string& text) {
  const auto config = read(text);
  return config.subsystems.empty() ? std::map<std::string, std::string>{}
                                   : config.subsystems.front().options;
}
std::string refusal(const std::string& text) {
  const auto config = parse_host_config(text);
  if (config) return "(taken)";
  EXPECT_EQ(config.error().errnum, EINVAL);
  return config.error().message;
}

TEST(HostConfig, IsReadAsNvmeCliWritesIt) {
  const auto config = read(of_nvme_cli);
  ASSERT_THAT(config.subsystems, SizeIs(1));
  const auto& subsystem = config.subsystems.front();
  EXPECT_EQ(subsystem.nqn.str(), "nqn.2026-01.org.example:toto");
  EXPECT_EQ(subsystem.host.nqn, host);
  EXPECT_EQ(subsystem.host.id, "5a7b3c1e-0b3d-4a53-9d2b-2f8a1d0c9e01");
  ASSERT_THAT(subsystem.addresses, SizeIs(2));
  EXPECT_EQ(subsystem.addresses[0].uri(), "tcp://127.0.0.1:4420");
  EXPECT_EQ(subsystem.addresses[1].uri(), "tcp://[fd00::32]:4420");
  EXPECT_THAT(subsystem.options, ElementsAre(Pair("ctrl_loss_tmo", "1800"), Pair("hdr_digest", "1"),
                                             Pair("nr_io_queues", "2"), Pair("queue_size", "64"),
                                             Pair("reconnect_delay", "5")));
  EXPECT_THAT(config.left_out, IsEmpty());
}

TEST(HostConfig, IsTheSameAfterItWasWrittenAndRead) {
  const auto config = read(of_nvme_cli);
  const auto text = host_config_text(config.subsystems);
  const auto again = read(text);
  ASSERT_THAT(again.subsystems, SizeIs(1));
  EXPECT_EQ(again.subsystems[0].addresses, config.subsystems[0].addresses);
  EXPECT_EQ(again.subsystems[0].options, config.subsystems[0].options);
  EXPECT_EQ(again.subsystems[0].host, config.subsystems[0].host);
  EXPECT_EQ(host_config_text(again.subsystems), text);
}

TEST(HostConfig, OfNothingIsAnEmptyList) {
  EXPECT_EQ(host_config_text({}), "[]\n");
  EXPECT_THAT(read("[]").subsystems, IsEmpty());
}

TEST(HostConfig, HasAHostOnceForAllItsSubsystems) {
  std::vector<ConfiguredSubsystem> subsystems;
  for (const char* name : {"a", "b"})
    subsystems.push_back(
        {.host = {host, "5a7b3c1e-0b3d-4a53-9d2b-2f8a1d0c9e01"},
         .nqn = Nqn::parse(name).value(),
         .addresses = {TransportAddress::parse("rdma://10.0.0.1", Trtype::rdma).value()}});
  const auto text = host_config_text(subsystems);
  EXPECT_EQ(text.find("hostnqn"), text.rfind("hostnqn"));
  EXPECT_THAT(read(text).subsystems, SizeIs(2));
}

TEST(HostConfig, TakesSecretsAndNeverShowsThem) {
  const auto config =
      read(with_port(std::string(R"(, "tls": true, "tls_key": 7, "dhchap_key": ")") + secret +
                     R"(", "dhchap_ctrl_key": ")" + secret + "\""));
  ASSERT_THAT(config.subsystems, SizeIs(1));
  EXPECT_EQ(config.subsystems[0].options.at("dhchap_secret"), secret);
  EXPECT_EQ(config.subsystems[0].options.at("dhchap_ctrl_secret"), secret);
  EXPECT_THAT(host_config_text(config.subsystems),
              AllOf(Not(HasSubstr("DHHC")), Not(HasSubstr("dhchap")), Not(HasSubstr("tls_key"))));
}

TEST(HostConfig, GivesTheSecretOfAHostToEachOfItsPorts) {
  const auto options = options_of(
      std::string(R"([{"hostnqn": "h", "dhchap_key": ")") + secret +
      R"(", "subsystems": [{"nqn": "toto", "ports": [{"transport": "tcp", "traddr": "10.0.0.1"}]}]}])");
  EXPECT_THAT(options, ElementsAre(Pair("dhchap_secret", secret)));
}

TEST(HostConfig, NeverQuotesASecretThatIsWrong) {
  for (const char* key : {"dhchap_key", "dhchap_ctrl_key", "tls_key", "keyring"})
    EXPECT_THAT(refusal(with_port(std::string(", \"") + key + "\": \"DHHC-1:00:canary:\"")),
                AllOf(HasSubstr(key), Not(HasSubstr("canary"))));
  // Nor what stands before an error of the syntax.
  EXPECT_THAT(refusal(R"([{"dhchap_key": "DHHC-1:00:canary)"), Not(HasSubstr("canary")));
}

TEST(HostConfig, TakesForNotGivenWhatLibnvmeTakesForIt) {
  EXPECT_THAT(options_of(with_port(R"(, "nr_io_queues": 0, "tos": -1, "host_iface": "none",
                                      "keep_alive_tmo": 0, "trsvcid": "none")")),
              IsEmpty());
  EXPECT_THAT(options_of(with_port(R"(, "ctrl_loss_tmo": -1, "tos": 0)")),
              ElementsAre(Pair("ctrl_loss_tmo", "-1"), Pair("tos", "0")));
}

TEST(HostConfig, SaysWhatIsNotForConnections) {
  const auto config = read(
      with_ports(R"({"transport": "tcp", "traddr": "10.0.0.1", "persistent": true})",
                 R"(, {"nqn": "nqn.2014-08.org.nvmexpress.discovery", "application": "nvme-stas",
            "ports": [{"transport": "tcp", "traddr": "10.0.0.9", "persistent": true}]})"));
  EXPECT_THAT(config.subsystems, SizeIs(1));
  EXPECT_THAT(config.left_out,
              ElementsAre(HasSubstr("subsystem 1, port 1, \"persistent\""),
                          HasSubstr("subsystem 2, \"application\""),
                          HasSubstr("host 1, subsystem 2: a discovery controller is no connection; "
                                    "mkdir discovery/tcp:10.0.0.9:8009")));
}

TEST(HostConfig, IsRefusedWithThePlace) {
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal(R"([{"hostnqn": )"), HasSubstr("line 1, column"));
  EXPECT_THAT(refusal(R"({"hosts": []})"), HasSubstr("no list of hosts"));
  EXPECT_THAT(refusal("[1]"), HasSubstr("host 1: it is no object"));
  EXPECT_THAT(refusal("[{}]"), HasSubstr("host 1, \"hostnqn\": it is missing"));
  EXPECT_THAT(refusal(with_ports("")), HasSubstr("host 1, subsystem 1, \"ports\""));
  EXPECT_THAT(refusal(with_port(R"(, "qeueu_size": 64)")),
              HasSubstr("host 1, subsystem 1, port 1, \"qeueu_size\": there is no such key"));
  EXPECT_THAT(refusal(with_port(R"(, "queue_size": 64, "queue_size": 32)")), HasSubstr("twice"));
  EXPECT_THAT(refusal(with_port(R"(, "queue_size": "64")")), HasSubstr("without quotes"));
  EXPECT_THAT(refusal(with_port(R"(, "queue_size": 5000)")), HasSubstr("from 16 to 1024"));
  EXPECT_THAT(refusal(with_port(R"(, "queue_size": 18446744073709551615)")), HasSubstr("large"));
  EXPECT_THAT(refusal(with_port(R"(, "trsvcid": 4420)")), HasSubstr("a text in quotes"));
  EXPECT_THAT(refusal(with_port(R"(, "hdr_digest": 1)")), HasSubstr("true or false"));
  EXPECT_THAT(refusal(with_port(R"(, "host_iface": "eth0,nqn=evil")")), HasSubstr("host_iface"));
  EXPECT_THAT(refusal(with_ports(R"({"transport": "fc", "traddr": "nn-0x1:pn-0x2"})")),
              HasSubstr("fc"));
  EXPECT_THAT(refusal(with_ports(R"({"transport": "tcp", "traddr": "array.example"})")),
              HasSubstr("\"traddr\": "));
  EXPECT_THAT(refusal(with_ports(R"({"transport": "tcp", "traddr": "0.0.0.0"})")),
              HasSubstr("every address"));
}

TEST(HostConfig, IsRefusedWhereAConnectionCannotBeTheSame) {
  EXPECT_THAT(refusal(with_ports(
                  R"({"transport": "tcp", "traddr": "10.0.0.1", "host_iface": "eth0"},
                     {"transport": "tcp", "traddr": "10.0.0.2", "host_iface": "eth1"})")),
              HasSubstr("the ports differ in host_iface"));
  EXPECT_THAT(refusal(with_ports(
                  R"({"transport": "tcp", "traddr": "10.0.0.1"})",
                  R"(, {"nqn": "toto", "ports": [{"transport": "tcp", "traddr": "10.0.0.2"}]})")),
              HasSubstr("toto stands at host 1, subsystem 1 already"));
}

TEST(HostConfig, HasNoMoreThan1024Ports) {
  std::string ports = R"({"transport": "tcp", "traddr": "10.0.0.1"})";
  const std::string one = ports;
  for (int i = 1; i < 1024; ++i) ports += "," + one;
  EXPECT_THAT(read(with_ports(ports)).subsystems, SizeIs(1));
  EXPECT_THAT(refusal(with_ports(ports + "," + one)), HasSubstr("more than 1024 ports"));
}

}  // namespace
}  // namespace nvmeofs
