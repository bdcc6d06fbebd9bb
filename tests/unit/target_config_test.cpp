#include "nvmeofs/target_config.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "nvmeofs/host_setting.h"

namespace nvmeofs {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* key = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

// As nvmetcli 0.8 leaves it on a kernel of today.
std::string saved() {
  return replaced(R"json({
  "discovery": {"nqn": "nqn.2014-08.org.nvmexpress.discovery"},
  "hosts": [
    {"dhchap": {"ctrl_key": "", "dhgroup": "null", "hash": "hmac(sha256)", "key": "KEY"},
     "nqn": "nqn.h"}
  ],
  "ports": [
    {
      "addr": {"adrfam": "ipv4", "traddr": "10.0.0.1", "treq": "not specified",
               "trsvcid": "4420", "trtype": "tcp", "tsas": "none"},
      "ana_groups": [{"ana": {"state": "optimized"}, "grpid": 1},
                     {"ana": {"state": "non-optimized"}, "grpid": 2}],
      "param": {"inline_data_size": "8192", "max_queue_size": "1024", "pi_enable": "0"},
      "portid": 1, "referrals": [], "subsystems": ["toto"]
    }
  ],
  "subsystems": [
    {
      "allowed_hosts": ["nqn.h"],
      "attr": {"allow_any_host": "0", "cntlid_max": "65519", "cntlid_min": "1",
               "firmware": "6.12.95", "ieee_oui": "0x000000", "model": "Linux",
               "pi_enable": "0", "qid_max": "16", "serial": "b2f1b3a4c5d6e7f80912",
               "version": "1.3"},
      "namespaces": [
        {"ana": {"grpid": "2"}, "ana_grpid": 2,
         "device": {"nguid": "00000000-0000-0000-0000-000000000000", "path": "/dev/a",
                    "uuid": "4e2a6f0e-8ad5-4f02-9a3a-5a1c77e1f8b1"},
         "enable": 1, "nsid": 1}
      ],
      "nqn": "toto",
      "passthru": [{"admin_timeout": 0, "clear_ids": 0, "device": {"path": "(null)"},
                    "io_timeout": 0}]
    }
  ]
}
)json",
                  "KEY", key);
}

std::string refusal(const std::string& text) {
  const auto config = parse_target_config(text);
  if (config) return "taken";
  EXPECT_EQ(config.error().errnum, EINVAL);
  return config.error().message;
}

TEST(TargetConfig, IsReadAsNvmetcliSavesIt) {
  const auto config = parse_target_config(saved());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->left_out, IsEmpty());
  ASSERT_EQ(config->subsystems.size(), 1U);
  const ServedSubsystem& toto = config->subsystems.front();
  EXPECT_EQ(toto.nqn.str(), "toto");
  EXPECT_EQ(toto.attributes.at("attr_serial"), "b2f1b3a4c5d6e7f80912");
  EXPECT_EQ(toto.attributes.at("attr_qid_max"), "16");
  EXPECT_FALSE(toto.hosts.any);
  EXPECT_EQ(toto.hosts.list.size(), 1U);
  const auto address = TransportAddress::parse("10.0.0.1", Trtype::tcp).value();
  EXPECT_THAT(toto.addresses, ElementsAre(address));
  const ServedSpace& space = toto.spaces.at(1);
  EXPECT_EQ(space.device->path(), "/dev/a");
  EXPECT_EQ(space.uuid, "4e2a6f0e-8ad5-4f02-9a3a-5a1c77e1f8b1");
  EXPECT_TRUE(space.enabled);
  EXPECT_EQ(space.ana_group, 2U);
  const ServedPort& port = config->ports.at(address);
  EXPECT_EQ(port.settings.at("inline_data_size"), "8192");
  EXPECT_EQ(port.ana_states, (AnaStates{{2, AnaState::non_optimized}}));
  const Host& host = config->hosts.at("nqn.h").settings;
  EXPECT_EQ(value(host, *find_host_setting("dhchap_key")), Secret(key));
  EXPECT_EQ(value(host, *find_host_setting("dhchap_ctrl_key")), std::nullopt);
}

TEST(TargetConfig, MayHaveNumbersForTextsAndTextsForNumbers) {
  const auto config =
      parse_target_config(replaced(replaced(saved(), "\"trsvcid\": \"4420\"", "\"trsvcid\": 4420"),
                                   "\"nsid\": 1", "\"nsid\": \"1\""));
  EXPECT_TRUE(config) << config.error().message;
}

TEST(TargetConfig, TellsWhatItLeavesOut) {
  std::string text = replaced(saved(), "\"nqn\": \"toto\"", "\"nqn\": \"toto\", \"colour\": 1");
  text = replaced(text, "\"portid\": 1", "\"portid\": 1, \"speed\": {}");
  text = replaced(text, "\"hosts\": [", "\"users\": [], \"hosts\": [");
  const auto config = parse_target_config(text);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->left_out,
              testing::UnorderedElementsAre(HasSubstr("subsystem 1, \"colour\""),
                                            HasSubstr("port 1, \"speed\""),
                                            HasSubstr("the document, \"users\"")));
}

TEST(TargetConfig, LeavesOutAPortThatServesNothing) {
  const auto config =
      parse_target_config(replaced(saved(), "\"subsystems\": [\"toto\"]", "\"subsystems\": []"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->ports, IsEmpty());
  EXPECT_THAT(config->subsystems.front().addresses, IsEmpty());
  EXPECT_THAT(config->left_out, ElementsAre(HasSubstr("nothing is served there")));
}

TEST(TargetConfig, NamesHostsOrAllowsAny) {
  const auto config = parse_target_config(
      replaced(saved(), "\"allow_any_host\": \"0\"", "\"allow_any_host\": \"1\""));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_FALSE(config->subsystems.front().hosts.any);
  EXPECT_THAT(config->left_out, ElementsAre(HasSubstr("allow_any_host")));
}

TEST(TargetConfig, HasAnFcPortAsItWasSaved) {
  const char* const ip = R"("adrfam": "ipv4", "traddr": "10.0.0.1", "treq": "not specified",
               "trsvcid": "4420", "trtype": "tcp", "tsas": "none")";
  const char* const fc = R"("adrfam": "fc", "traddr":
               "nn-0x20000090fa942779:pn-0x10000090fa942779", "treq": "not specified",
               "trsvcid": "none", "trtype": "fc", "tsas": "")";
  auto text = replaced(replaced(saved(), ip, fc), "\"8192\"", "\"0\"");
  const auto config = parse_target_config(text);
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->ports.size(), 1U);
  const auto& address = config->ports.begin()->first;
  EXPECT_EQ(address.uri(), "fc://nn-0x20000090fa942779:pn-0x10000090fa942779");
  Target target;
  target.ports["1"].attributes = attributes_of(address);
  const std::string again = target_config_text(target);
  for (const char* line : {"\"adrfam\": \"fc\"", "\"trtype\": \"fc\"", "\"trsvcid\": \"none\"",
                           "\"traddr\": \"nn-0x20000090fa942779:pn-0x10000090fa942779\""})
    EXPECT_THAT(again, HasSubstr(line));
}

TEST(TargetConfig, IsRefusedWithThePlace) {
  EXPECT_THAT(refusal("[]"), HasSubstr("no object"));
  EXPECT_THAT(refusal("{"), Not(HasSubstr("taken")));
  EXPECT_THAT(refusal(replaced(saved(), "[\"toto\"]", "[\"tata\"]")),
              AllOf(HasSubstr("port 1, \"subsystems\""), HasSubstr("tata")));
  EXPECT_THAT(refusal(replaced(saved(), "\"nsid\": 1", "\"nsid\": 0")),
              HasSubstr("subsystem 1, \"namespaces\", namespace 1, \"nsid\""));
  EXPECT_THAT(refusal(replaced(saved(), "\"enable\": 1", "\"enable\": 2")), HasSubstr("enable"));
  EXPECT_THAT(refusal(replaced(saved(), "\"/dev/a\"", "\"dev/a\"")), HasSubstr("\"path\""));
  EXPECT_THAT(refusal(replaced(saved(), "\"/dev/a\"", "\"/dev/a force\"")), HasSubstr("force"));
  EXPECT_THAT(refusal(replaced(saved(), "\"/dev/a\"", "\"\"")), HasSubstr("has no device"));
  EXPECT_THAT(refusal(replaced(saved(), "\"10.0.0.1\"", "\"storage\"")),
              AllOf(HasSubstr("port 1, \"addr\": "), HasSubstr("'storage'")));
  EXPECT_THAT(refusal(replaced(saved(), "\"trtype\": \"tcp\"", "\"trtype\": \"pci\"")),
              HasSubstr("port 1, \"addr\": 'pci' is no transport"));
  EXPECT_THAT(refusal(replaced(saved(), "\"nqn\": \"toto\"", "\"nqn\": \"to to\"")),
              HasSubstr("subsystem 1, \"nqn\""));
  EXPECT_THAT(refusal(replaced(saved(), "\"qid_max\": \"16\"", "\"qid_max\": \"129\"")),
              HasSubstr("\"qid_max\""));
  EXPECT_THAT(refusal(replaced(saved(), "\"grpid\": 2}", "\"grpid\": 128}")),
              HasSubstr("\"grpid\""));
  EXPECT_THAT(refusal(replaced(saved(), "\"allowed_hosts\": [\"nqn.h\"]", "\"allowed_hosts\": 1")),
              HasSubstr("no list"));
}

TEST(TargetConfig, SaysNothingOfAKey) {
  const std::string wrong = "DHHC-1:00:wrong-and-secret:";
  EXPECT_THAT(refusal(replaced(saved(), key, wrong)),
              AllOf(HasSubstr("\"key\""), Not(HasSubstr("secret"))));
  EXPECT_THAT(refusal(replaced(saved(), std::string(key) + "\"", wrong)), Not(HasSubstr("secret")));
}

Target small_target() {
  Target target;
  Subsystem& toto = target.subsystems["toto"];
  toto.attributes = {{"attr_allow_any_host", "0"}, {"attr_serial", "1"}, {"attr_qid_max", "128"}};
  toto.allowed_hosts = {{"nqn.h", "nqn.h"}};
  toto.passthru.attributes = {{"admin_timeout", "0"}, {"clear_ids", "1"}, {"io_timeout", "0"}};
  toto.namespaces["1"] = {.attributes = {{"device_path", "/dev/a"},
                                         {"device_uuid", "4e2a6f0e-8ad5-4f02-9a3a-5a1c77e1f8b1"},
                                         {"ana_grpid", "1"},
                                         {"buffered_io", "0"}},
                          .enabled = true};
  target.ports["1"] = {.attributes = {{"addr_trtype", "tcp"},
                                      {"addr_adrfam", "ipv4"},
                                      {"addr_traddr", "10.0.0.1"},
                                      {"addr_trsvcid", "4420"},
                                      {"addr_treq", "not specified"},
                                      {"param_pi_enable", "0"}},
                       .subsystems = {{"toto", "toto"}},
                       .ana_groups = {{"1", "optimized"}}};
  target.hosts["nqn.h"] = {.attributes = {{"dhchap_hash", "hmac(sha256)"}},
                           .keys = {{"dhchap_key", Secret("a key")}}};
  return target;
}

constexpr const char* small_text = R"json({
  "hosts": [
    {
      "dhchap": {
        "hash": "hmac(sha256)"
      },
      "nqn": "nqn.h"
    }
  ],
  "ports": [
    {
      "addr": {
        "adrfam": "ipv4",
        "traddr": "10.0.0.1",
        "treq": "not specified",
        "trsvcid": "4420",
        "trtype": "tcp"
      },
      "ana_groups": [
        {
          "ana": {
            "state": "optimized"
          },
          "grpid": 1
        }
      ],
      "param": {
        "pi_enable": "0"
      },
      "portid": 1,
      "referrals": [],
      "subsystems": [
        "toto"
      ]
    }
  ],
  "subsystems": [
    {
      "allowed_hosts": [
        "nqn.h"
      ],
      "attr": {
        "allow_any_host": "0",
        "qid_max": "128",
        "serial": "1"
      },
      "namespaces": [
        {
          "ana": {
            "grpid": "1"
          },
          "ana_grpid": 1,
          "device": {
            "path": "/dev/a",
            "uuid": "4e2a6f0e-8ad5-4f02-9a3a-5a1c77e1f8b1"
          },
          "enable": 1,
          "nsid": 1
        }
      ],
      "nqn": "toto",
      "passthru": [
        {
          "admin_timeout": 0,
          "clear_ids": 1,
          "device": {
            "path": "(null)"
          },
          "io_timeout": 0
        }
      ]
    }
  ]
}
)json";

TEST(TargetConfig, IsWrittenAsNvmetcliSavesIt) {
  EXPECT_EQ(target_config_text(small_target()), small_text);
}

TEST(TargetConfig, OfNothingIsThreeEmptyLists) {
  EXPECT_EQ(target_config_text({}),
            "{\n  \"hosts\": [],\n  \"ports\": [],\n  \"subsystems\": []\n}\n");
}

TEST(TargetConfig, TellsNoKey) {
  EXPECT_THAT(target_config_text(small_target()), Not(HasSubstr("a key")));
}

TEST(TargetConfig, IsJsonWhateverOthersCallTheirThings) {
  Target target;
  target.subsystems["\xff\"\\\n"] = {};
  EXPECT_THAT(target_config_text(target), HasSubstr("\\\\xff\\\"\\\\\\n"));
}

TEST(TargetConfig, HasAControllerThatIsServedWhole) {
  const auto config =
      parse_target_config(replaced(saved(), R"x("(null)"})x", R"x("/dev/nvme0"}, "enable": 1)x"));
  ASSERT_TRUE(config) << config.error().message;
  const SavedController& controller = config->subsystems.at(0).controller;
  EXPECT_EQ(controller.device->path(), "/dev/nvme0");
  EXPECT_EQ(controller.settings,
            (PassthruSettings{{"admin_timeout", "0"}, {"clear_ids", "0"}, {"io_timeout", "0"}}));
  EXPECT_THAT(config->left_out, Contains(HasSubstr("\"enable\": there is no such key")));
}

}  // namespace
}  // namespace nvmeofs
