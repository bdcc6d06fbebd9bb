#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "store/state_writer.h"
#include "store/utc_time.h"
#include "store_support.h"

namespace nvmeofs {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string written(const StoredState& state, std::uint64_t generation = 7) {
  return StateWriter().write(state, generation).value();
}

std::string error_of(const std::string& text) {
  const auto content = read_state(text);
  if (content) return "it was read";
  EXPECT_EQ(content.error().errnum, EINVAL);
  EXPECT_EQ(content.error().reason, Reason::state_unreadable);
  return content.error().message;
}

// What is wrong with the small state after an edit by hand.
std::string edit_error(const std::string& from, const std::string& to) {
  return error_of(edited(replaced(written(small_state()), from, to)));
}

TEST(StateText, IsWhatTheHeaderShows) {
  EXPECT_EQ(edited(written(small_state())), R"({
  "format": "nvmeofs state",
  "version": 1,
  "generation": 7,
  "exports": {
    "toto": {
      "device": "/dev/sdb force",
      "disk": "wwid naa.5000c500a1b2c3d4",
      "has_served": true,
      "uuid": "00000000-0000-4000-8000-000000000001",
      "nguid": "00000000-0000-4000-9000-000000000001",
      "served": {
        "boot": "1c9dd1a2-97f8-4a3f-b7b7-3f6a3f6f0001",
        "appearance": "disk 2064 of 17",
        "bytes": 1073741824
      },
      "addresses": [
        "rdma://192.168.1.32:4420",
        "tcp://[fe80::1%eth0]:4421"
      ],
      "hosts": [
        "nqn.2014-08.org.nvmexpress:uuid:a"
      ],
      "enabled": true,
      "serial": "00000000000000000001",
      "model": "nvmeofs",
      "made": "2026-07-01T10:00:00Z"
    }
  },
  "kernel": {
    "boot_id": "0c9dd1a2-97f8-4a3f-b7b7-3f6a3f6f0001",
    "ports": {
      "1": "tcp://192.168.1.32:4420"
    },
    "hosts": [
      "nqn.2014-08.org.nvmexpress:uuid:a"
    ],
    "modules": [
      "nvmet_tcp"
    ]
  }
}
)");
}

TEST(StateText, HasOwnersAndModesByFile) {
  auto state = small_state();
  state.exports.at("toto").access = {{"", {.gid = 100}}, {"enabled", {.uid = 1000, .mode = 0664}}};
  const auto text = edited(written(state));
  EXPECT_THAT(text, HasSubstr(R"("access": {
        "": {
          "gid": 100
        },
        "enabled": {
          "uid": 1000,
          "mode": "0664"
        }
      })"));
  EXPECT_EQ(read_state(text)->state, state);
}

TEST(StateText, HasTheOtherNamespaces) {
  auto state = small_state();
  Export& wanted = state.exports.at("toto").wanted;
  wanted.first().enabled = false;
  wanted.spaces[2] = {.device = DevicePath::parse("/dev/sdc").value(),
                      .enabled = true,
                      .uuid = "00000000-0000-4000-8000-0000000000f2",
                      .nguid = "00000000-0000-4000-9000-0000000000f2"};
  const auto text = edited(written(state));
  EXPECT_THAT(text, HasSubstr(R"("namespace_1": false)"));
  EXPECT_THAT(text, HasSubstr(R"("namespaces": {
        "2": {
          "device": "/dev/sdc",)"));
  EXPECT_EQ(read_state(text)->state, state);
  EXPECT_THAT(error_of(replaced(text, "\"2\": {", "\"02\": {")),
              HasSubstr("it is a number from 2 to 1024"));
  EXPECT_THAT(error_of(replaced(text, "\"device\": \"/dev/sdc\",", "")),
              HasSubstr("it is enabled and has no device"));
  EXPECT_THAT(error_of(replaced(text, "0000f2", "000001")),
              HasSubstr("namespaces of export toto have the same"));
}

TEST(StateText, HasWhatASubsystemSaysOfItself) {
  auto state = small_state();
  state.exports.at("toto").wanted.settings = {{"attr_qid_max", "64"}, {"attr_version", "2.0"}};
  const auto text = edited(written(state));
  EXPECT_THAT(text, HasSubstr(R"("subsystem": {
        "qid_max": "64",
        "version": "2.0"
      })"));
  EXPECT_EQ(read_state(text)->state, state);
  EXPECT_THAT(error_of(replaced(text, "\"64\"", "\"640\"")), HasSubstr("\"qid_max\""));
  EXPECT_THAT(error_of(replaced(text, "\"qid_max\"", "\"colour\"")),
              HasSubstr("subsystems have no such setting"));
}

TEST(StateText, HasWhatIsSetForPorts) {
  auto state = small_state();
  state.ports[TransportAddress::parse("tcp://10.0.0.1", Trtype::tcp).value()].settings = {
      {"inline_data_size", "8192"}};
  const auto text = edited(written(state));
  EXPECT_THAT(text, HasSubstr(R"("ports": {
    "tcp://10.0.0.1:4420": {
      "inline_data_size": "8192"
    }
  })"));
  EXPECT_EQ(read_state(text)->state, state);
  EXPECT_THAT(error_of(replaced(text, "8192", "8k")), HasSubstr("\"inline_data_size\""));
  EXPECT_THAT(error_of(replaced(text, "inline_data_size", "colour")),
              HasSubstr("ports have no such setting"));
}

StoredState restoring_state() {
  auto state = small_state();
  state.restoring = BeforeRestore{.boot_id = state.kernel.boot_id,
                                  .exports = {{"toto", small_export("toto", 2)}},
                                  .foreign = {{"tata", small_export("tata", 3)}},
                                  .made = {"titi"}};
  state.restoring->ports[TransportAddress::parse("tcp://10.0.0.1", Trtype::tcp).value()]
      .settings = {{"inline_data_size", "8192"}};
  state.restoring->hosts["nqn.a"].keys["dhchap_key"] =
      Secret("DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:");
  return state;
}

TEST(StateText, HasWhatThereWasBeforeARestore) {
  const auto state = restoring_state();
  const auto text = edited(written(state));
  EXPECT_THAT(text, HasSubstr(R"("made": [
      "titi"
    ])"));
  EXPECT_EQ(read_state(text)->state, state);
  EXPECT_THAT(error_of(replaced(text, "\"titi\"", "\"a b\"")), HasSubstr("restoring"));
}

TEST(StateText, ThatIsRestoredIsNotForOlderPrograms) {
  StateWriter writer;
  EXPECT_THAT(writer.write(small_state(), 1).value(), HasSubstr("\"version\": 1,"));
  EXPECT_THAT(writer.write(restoring_state(), 2).value(), HasSubstr("\"version\": 2,"));
  EXPECT_THAT(writer.write(small_state(), 3).value(), HasSubstr("\"version\": 1,"));
}

TEST(StateText, HasWhatThereWasBeforeInEachSave) {
  StateWriter writer;
  auto state = restoring_state();
  ASSERT_TRUE(writer.write(state, 1));
  state.exports.emplace("toto2", small_export("toto2", 5));
  EXPECT_EQ(read_state(writer.write(state, 2).value())->state, state);
  state.restoring->made.insert("tutu");
  EXPECT_EQ(read_state(writer.write(state, 3).value())->state, state);
}

TEST(StateText, HasAnaGroupsAndTheirStates) {
  auto state = small_state();
  Export& wanted = state.exports.at("toto").wanted;
  wanted.first().ana_group = 2;
  wanted.spaces[7] = {.uuid = "00000000-0000-4000-8000-000000000007",
                      .nguid = "00000000-0000-4000-9000-000000000007",
                      .ana_group = 127};
  const auto address = TransportAddress::parse("tcp://10.0.0.1", Trtype::tcp).value();
  state.ports[address] = {.settings = {{"mdts", "5"}},
                          .ana_states = {{1, AnaState::change}, {127, AnaState::inaccessible}}};
  const auto text = edited(written(state));
  EXPECT_EQ(read_state(text)->state, state);
  EXPECT_THAT(error_of(replaced(text, R"("127": "inaccessible")", R"("128": "inaccessible")")),
              HasSubstr("an ANA group is a number from 1 to 127"));
  EXPECT_THAT(error_of(replaced(text, R"("127": "inaccessible")", R"("127": "gone")")),
              HasSubstr("write optimized"));
  EXPECT_THAT(error_of(replaced(text, R"("ana_group": "127")", R"("ana_group": "0")")),
              HasSubstr("an ANA group is a number from 1 to 127"));
}

TEST(StateText, HasReferrals) {
  auto state = small_state();
  const auto address = TransportAddress::parse("tcp://10.0.0.1", Trtype::tcp).value();
  state.ports[address].referrals = {
      {"draft", {}},
      {"other",
       {.address = TransportAddress::parse("tcp://10.9.9.9:8009", Trtype::tcp).value(),
        .enabled = true}}};
  const auto text = edited(written(state));
  EXPECT_EQ(read_state(text)->state, state);
  EXPECT_THAT(error_of(replaced(text, "tcp://10.9.9.9:8009", "tcp://0.0.0.0:8009")),
              HasSubstr("\"referrals\", \"other\", \"address\""));
  EXPECT_THAT(error_of(replaced(text, "\"draft\"", "\"a draft\"")), HasSubstr("a name is of"));
  EXPECT_THAT(error_of(replaced(text, "\"enabled\": false", "\"enabled\": true")),
              HasSubstr("it is enabled and has no address"));
}

TEST(StateText, HasWhatIsSetForHosts) {
  const std::string key = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";
  auto state = small_state();
  state.hosts["nqn.a"] = {{{"dhchap_dhgroup", "ffdhe2048"}}, {{"dhchap_key", Secret(key)}}};
  state.hosts["nqn.made"];
  const auto text = edited(written(state));
  EXPECT_THAT(text, HasSubstr(R"("hosts": {
    "nqn.a": {
      "dhchap_key": ")" + key +
                              R"(",
      "dhchap_dhgroup": "ffdhe2048"
    },
    "nqn.made": {}
  })"));
  EXPECT_EQ(read_state(text)->state, state);
  EXPECT_THAT(error_of(replaced(text, "dhchap_dhgroup", "colour")),
              HasSubstr("hosts have no such setting"));
  EXPECT_THAT(error_of(replaced(text, "\"nqn.made\": {}", "\"nqn.made\": 7")),
              HasSubstr("\"nqn.made\""));
}

TEST(StateText, TellsNothingOfADamagedKey) {
  constexpr const char* key = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";
  auto state = small_state();
  state.hosts["nqn.a"].keys["dhchap_key"] = Secret(key);
  const auto text = edited(written(state));
  const auto damaged = error_of(replaced(text, "F7HK:\"", "F7HL:\""));
  EXPECT_THAT(damaged, HasSubstr("\"dhchap_key\""));
  EXPECT_THAT(damaged, testing::Not(HasSubstr("YWFhYWFh")));
  const auto cut = error_of(replaced(text, "F7HK:\"", "F7HK:"));
  EXPECT_THAT(cut, HasSubstr("line "));
  EXPECT_THAT(cut, testing::Not(HasSubstr("YWFhYWFh")));
}

TEST(StateText, TakesNoOwnerOrModeThatIsNone) {
  auto state = small_state();
  state.exports.at("toto").access = {{"enabled", {.uid = 1000, .mode = 0664}}};
  const auto error_with = [&](const std::string& from, const std::string& to) {
    return error_of(edited(replaced(written(state), from, to)));
  };
  for (const char* mode : {"4664", "664", "0888", "06640", "-664", ""})
    EXPECT_THAT(error_with("0664", mode), HasSubstr("\"mode\"")) << mode;
  EXPECT_THAT(error_with("1000", "4294967295"), HasSubstr("\"uid\""));
  EXPECT_THAT(error_with("1000", "-1"), HasSubstr("\"uid\""));
}

TEST(StateText, ReadsBackRandomStates) {
  std::mt19937 random(20260701);
  for (int round = 0; round < 1000; ++round) {
    const auto state = random_state(random);
    const auto content = read_state(written(state, 1 + random() % 1000));
    ASSERT_TRUE(content) << content.error().message;
    ASSERT_EQ(content->state, state);
    ASSERT_EQ(content->unknown, "");
  }
}

TEST(StateText, KeepsBytesThatAreNoUtf8) {
  auto state = small_state();
  state.exports.at("toto").wanted.first().device = DevicePath::parse("/srv/\xff").value();
  EXPECT_THAT(written(state), HasSubstr(R"("bytes": "2f7372762fff")"));
  EXPECT_EQ(read_state(written(state))->state, state);
}

TEST(StateText, KeepsTheBackslashesOfUdev) {
  auto state = small_state();
  state.exports.at("toto").wanted.first().device =
      DevicePath::parse(R"(/dev/disk/by-label/a\x20b)").value();
  EXPECT_EQ(read_state(written(state))->state, state);
}

TEST(StateText, OfWrongBytesIsDamaged) {
  for (const char* hex : {"\"2\"", "\"2F\"", "\"zz\"", "7"})
    EXPECT_THAT(edit_error(R"("/dev/sdb force")", fmt::format(R"({{"bytes": {}}})", hex)),
                HasSubstr("export toto, \"device\""))
        << hex;
}

TEST(StateText, NamesExportAndKeyOfAWrongValue) {
  EXPECT_THAT(edit_error("/dev/sdb", "dev/sdb"), HasSubstr("export toto, \"device\": a device is"));
  EXPECT_THAT(edit_error("/dev/sdb", R"(/dev/\u0000)"), HasSubstr("export toto, \"device\""));
  EXPECT_THAT(edit_error("/dev/sdb", R"(/dev/\u001b[2J)"), HasSubstr("export toto, \"device\""));
  EXPECT_THAT(edit_error("rdma://192.168.1.32", "rdma://192.168.1.320"),
              HasSubstr("export toto, \"addresses\": '192.168.1.320'"));
  EXPECT_THAT(edit_error("rdma://192", "192"), HasSubstr("export toto, \"addresses\""));
  EXPECT_THAT(edit_error("tcp://[fe80::1%eth0]:4421", "rdma://192.168.1.32"),
              HasSubstr("rdma://192.168.1.32:4420 stands there twice"));
  EXPECT_THAT(edit_error("nqn.2014-08.org.nvmexpress:uuid:a", "a,b"),
              HasSubstr("export toto, \"hosts\""));
  EXPECT_THAT(edit_error("\"enabled\": true", "\"enabled\": 1"),
              HasSubstr("export toto, \"enabled\": it is true or false"));
  EXPECT_THAT(edit_error("\"nvmeofs\"", "\"\""), HasSubstr("export toto, \"model\""));
  EXPECT_THAT(edit_error("00000000000000000001", "000000000000000000011"),
              HasSubstr("export toto, \"serial\""));
  EXPECT_THAT(edit_error("-4000-8000-", "-4000-A000-"), HasSubstr("export toto, \"uuid\""));
  EXPECT_THAT(edit_error("-4000-9000-", "-400-90000-"), HasSubstr("export toto, \"nguid\""));
  EXPECT_THAT(edit_error("2026-07-01", "2026-02-30"), HasSubstr("export toto, \"made\""));
  EXPECT_THAT(edit_error("\"toto\"", "\"to to\""), HasSubstr("export to to: a name is"));
  EXPECT_THAT(edit_error("0c9dd1a2", "0c9dd1a"), HasSubstr("kernel, \"boot_id\""));
  EXPECT_THAT(edit_error("\"1\": \"tcp", "\"../1\": \"tcp"), HasSubstr("\"../1\": it is no port"));
  EXPECT_THAT(edit_error("tcp://192.168.1.32:4420", "tcp://192.168.1.32"),
              HasSubstr("kernel, \"ports\", \"1\": it is written tcp://192.168.1.32:4420"));
  EXPECT_THAT(edit_error("nvmet_tcp", "../nvmet"), HasSubstr("kernel, \"modules\""));
  EXPECT_THAT(edit_error("1c9dd1a2", "1c9dd1a"), HasSubstr("export toto, \"served\", \"boot\""));
  EXPECT_THAT(edit_error("1073741824", "-1"),
              HasSubstr("export toto, \"served\", \"bytes\": it is a number"));
}

TEST(StateText, NamesAKeyThatIsMissing) {
  for (const char* key :
       {"has_served", "addresses", "hosts", "enabled", "serial", "model", "uuid", "nguid", "made",
        "boot_id", "ports", "modules", "exports", "generation", "boot", "appearance", "bytes"})
    EXPECT_THAT(edit_error(fmt::format("\"{}\"", key), fmt::format("\"{}x\"", key)),
                HasSubstr(fmt::format("\"{}\": it is missing", key)));
}

TEST(StateText, RefusesTwoExportsOfOneIdentity) {
  auto state = small_state();
  state.exports.emplace("tata", small_export("tata", 2));
  const auto text = written(state);
  for (const char* key : {"serial", "uuid", "nguid"}) {
    const auto value = [&](const StoredState& of) {
      const auto& wanted = of.exports.at("tata").wanted;
      return key == std::string("serial") ? wanted.identity.serial
             : key == std::string("uuid") ? wanted.first().uuid
                                          : wanted.first().nguid;
    };
    auto twin = text;
    twin = replaced(twin, value(state), value({{{"tata", small_export("tata", 1)}}, {}}));
    EXPECT_THAT(error_of(edited(twin)),
                HasSubstr(fmt::format("exports tata and toto have the same \"{}\"", key)));
  }
}

TEST(StateText, TakesTwoExportsWithoutNguid) {
  auto state = small_state();
  state.exports.emplace("tata", small_export("tata", 2));
  for (auto& [name, stored] : state.exports)
    stored.wanted.first().nguid = "00000000-0000-0000-0000-000000000000";
  EXPECT_EQ(read_state(written(state))->state, state);
}

TEST(StateText, NamesLineAndColumnOfAJsonError) {
  EXPECT_THAT(edit_error("\"version\": 1,", "\"version\": 1"), HasSubstr("line 4, column 14: "));
  EXPECT_EQ(error_of(""), "it is empty");
  EXPECT_THAT(error_of("{} {}"), HasSubstr("line 1, column 4"));
}

TEST(StateText, SaysHowAnEditIsMeant) {
  EXPECT_THAT(error_of(replaced(written(small_state()), "/dev/sdb", "/dev/sdc")),
              HasSubstr("delete the line \"crc32\""));
  const auto meant = read_state(edited(replaced(written(small_state()), "/dev/sdb", "/dev/sdc")));
  ASSERT_TRUE(meant);
  EXPECT_EQ(meant->state.exports.at("toto").wanted.first().device->path(), "/dev/sdc");
}

TEST(StateText, OfANewerVersionIsToldFromDamage) {
  EXPECT_THAT(error_of(replaced(written(small_state()), "\"version\": 1", "\"version\": 3")),
              HasSubstr("a newer nvmeofs wrote it: version 3"));
}

TEST(StateText, OfAnotherProgramIsRefused) {
  EXPECT_THAT(error_of("{}"), HasSubstr("it is no state of nvmeofs"));
  EXPECT_THAT(error_of("[]"), HasSubstr("it is no JSON object"));
  EXPECT_THAT(error_of("null"), HasSubstr("it is no JSON object"));
}

TEST(StateText, KeepsKeysThatItDoesNotKnow) {
  auto text = edited(written(small_state()));
  text = replaced(text, "\"version\"", R"("later": {"a": [1, 2.5, null, "é"]}, "version")");
  text = replaced(text, "\"device\"", R"("qos": "gold", "device")");
  text = replaced(text, "\"boot_id\"", R"("nodes": [-1], "boot_id")");
  auto content = read_state(text).value();
  EXPECT_EQ(content.state, small_state());
  content.state.exports.at("toto").wanted.enabled = false;
  const auto again = StateWriter(content.unknown).write(content.state, 7).value();
  for (const char* part :
       {R"("later": {)", R"(2.5)", R"("é")", R"("qos": "gold")", R"("nodes": [)"})
    EXPECT_THAT(again, HasSubstr(part));
  EXPECT_EQ(read_state(again).value(), content);
}

TEST(StateText, ForgetsUnknownKeysWithTheirExport) {
  auto content =
      read_state(edited(replaced(written(small_state()), "\"device\"", R"("qos": 1, "device")")))
          .value();
  StateWriter writer(content.unknown);
  const StoredState before = content.state;
  content.state.exports.clear();
  EXPECT_THAT(writer.write(content.state, 8).value(), Not(HasSubstr("qos")));
  // Not before the disk has it: a removal that cannot be saved did not happen.
  EXPECT_THAT(writer.write(before, 8).value(), HasSubstr("qos"));
  writer.saved(content.state);
  EXPECT_THAT(writer.write(before, 9).value(), Not(HasSubstr("qos")));
}

// What is kept of the texts of earlier saves is never taken for what is to be saved now.
TEST(StateText, OfOneSaveAfterTheOtherReadsBack) {
  std::mt19937 random(20260702);
  StateWriter writer;
  unsigned number = 100'000;  // each identity once
  StoredState state;
  for (std::uint64_t generation = 1; generation < 300; ++generation) {
    const auto next = random_state(random);
    state.kernel = next.kernel;
    // A few, as the cost goes with the square of them: some stay, some go.
    while (state.exports.size() > 12 || (!state.exports.empty() && random() % 3 == 0))
      state.exports.erase(state.exports.begin());
    for (const auto& [name, stored] : next.exports) {
      auto fresh = stored;
      fresh.wanted.identity = small_export(name, ++number).wanted.identity;
      fresh.wanted.spaces = small_export(name, number).wanted.spaces;
      fresh.served = small_export(name, number).served;
      state.exports.insert_or_assign(name, fresh);
    }
    const auto text = writer.write(state, generation);
    ASSERT_TRUE(text) << text.error().message;
    ASSERT_EQ(*text, written(state, generation));
    ASSERT_EQ(read_state(*text)->state, state);
    if (random() % 2 == 0) writer.saved(state);
  }
}

TEST(StateText, RefusesAKeyThatStandsTwice) {
  const auto text = edited(replaced(written(small_state()), "\"enabled\": true",
                                    "\"enabled\": true, \"enabled\": false"));
  EXPECT_THAT(error_of(text), HasSubstr("the key \"enabled\" stands twice"));
}

TEST(StateText, RefusesDepth) {
  EXPECT_THAT(error_of(std::string(1'000'000, '[')), HasSubstr("stand in each other"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(error_of(objects), HasSubstr("stand in each other"));
}

TEST(StateText, RefusesNumbersThatItWouldChange) {
  for (const char* number : {"1e400", "18446744073709551616", "-9223372036854775809"})
    EXPECT_THAT(
        edit_error("\"generation\": 7", fmt::format("\"generation\": 7, \"x\": {}", number)),
        Not(HasSubstr("was read")))
        << number;
  for (const char* number : {"-1", "1.0", "1e3", "18446744073709551615", "\"7\""})
    EXPECT_THAT(edit_error("\"generation\": 7", fmt::format("\"generation\": {}", number)),
                HasSubstr("\"generation\""))
        << number;
}

TEST(StateText, RefusesNulAndControlCharacters) {
  const auto text = edited(written(small_state()));
  EXPECT_THAT(error_of(text + '\0'), HasSubstr("a NUL byte"));
  EXPECT_THAT(error_of(text + std::string("\0garbage", 8)), HasSubstr("a NUL byte"));
  EXPECT_THAT(edit_error("/dev/sdb", "/dev/\x01"), HasSubstr("line 7, "));
  EXPECT_THAT(edit_error("/dev/sdb", "/dev/\xff"), HasSubstr("line 7, "));
  EXPECT_THAT(edit_error("/dev/sdb", "/dev/\\ud800"), HasSubstr("line 7, "));
}

TEST(StateText, OfADamagedNameIsFitForALog) {
  const auto error = edit_error("\"toto\"", R"("\u001b[2J\u000a")");
  EXPECT_THAT(error, AllOf(HasSubstr("\\x1b[2J\\x0a"), Not(HasSubstr("\x1b"))));
}

TEST(StateText, IsNotWrittenOfAStateThatItCouldNotRead) {
  const auto refusal_of = [](const StoredState& state) {
    StateWriter writer;
    EXPECT_FALSE(writer.write(state, 1));
    const auto text = writer.write(state, 1);  // a second try finds the same
    EXPECT_FALSE(text);
    if (text) return std::string();
    EXPECT_EQ(text.error().errnum, EINVAL);
    EXPECT_EQ(text.error().reason, Reason::not_saved);
    return text.error().message;
  };
  auto state = small_state();
  state.exports.at("toto").wanted.first().uuid = "";
  EXPECT_THAT(refusal_of(state), HasSubstr("export toto, \"uuid\""));
  state = small_state();
  state.exports.emplace("tata", small_export("titi", 2));
  EXPECT_THAT(refusal_of(state), HasSubstr("another state"));
  state = small_state();
  state.exports.emplace("\xff", small_export("titi", 2));
  EXPECT_NE(refusal_of(state), "");
  state = small_state();
  state.kernel.modules = {"\xff"};
  EXPECT_THAT(refusal_of(state), HasSubstr("\"modules\""));
}

TEST(UtcTime, ReadsBackEveryNanosecond) {
  std::mt19937_64 random(1);
  const auto first = parse_utc("1678-01-01T00:00:00Z")->time_since_epoch().count();
  const auto last = parse_utc("2261-12-31T23:59:59.999999999Z")->time_since_epoch().count();
  std::uniform_int_distribution<std::int64_t> any(first, last);
  for (int round = 0; round < 10000; ++round) {
    const std::chrono::system_clock::time_point time(std::chrono::nanoseconds(any(random)));
    ASSERT_EQ(parse_utc(utc_text(time)), time) << utc_text(time);
  }
}

TEST(UtcTime, RefusesWhatIsNone) {
  for (const char* text :
       {"", "2026-07-01", "2026-07-01T10:00:00", "2026-07-01 10:00:00Z", "2026-13-01T10:00:00Z",
        "2026-02-29T10:00:00Z", "2026-07-01T24:00:00Z", "2026-07-01T10:60:00Z",
        "2026-07-01T10:00:60Z", "2026-07-01T10:00:00.Z", "2026-07-01T10:00:00.0000000000Z",
        "2026-07-01T10:00:00ZZ", "1677-12-31T10:00:00Z", "2262-01-01T10:00:00Z",
        "+026-07-01T10:00:00Z", "2026--7-01T10:00:00Z"})
    EXPECT_FALSE(parse_utc(text)) << text;
}

}  // namespace
}  // namespace nvmeofs
