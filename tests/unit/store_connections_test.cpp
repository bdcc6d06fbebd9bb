// The file of connections. What it shares with the state file is tested there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "store/connections_file.h"
#include "store/no_store.h"
#include "store_support.h"

namespace nvmeofs {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string secret = "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";

StoredConnections small() {
  return {{"toto",
           {{.name = Nqn::parse("toto").value(),
             .nqn = Nqn::parse("nqn.2026-01.org.example:toto").value(),
             .addresses = {TransportAddress::parse("192.168.1.32", Trtype::tcp).value(),
                           TransportAddress::parse("[fe80::1%eth0]:4421", Trtype::rdma).value()},
             .connected = true,
             .options = {{"dhchap_secret", secret}, {"queue_size", "64"}}},
            std::chrono::system_clock::time_point(std::chrono::seconds(1782900000))}}};
}

StoredDiscoveries arrays() {
  return {{"tcp:192.168.1.32",
           {{.name = "tcp:192.168.1.32",
             .address = TransportAddress::parse("tcp://192.168.1.32:8009", Trtype::tcp).value(),
             .connect_all = true,
             .persistent = true},
            std::chrono::system_clock::time_point(std::chrono::seconds(1782900000))}}};
}

std::string written(const StoredConnections& connections,
                    const StoredDiscoveries& discoveries = {}) {
  return ConnectionsWriter().write({connections, discoveries}, 7).value();
}

std::string error_of(const std::string& text) {
  const auto content = read_connections(text);
  if (content) return "it was read";
  EXPECT_EQ(content.error().reason, Reason::state_unreadable);
  return content.error().message;
}

std::string edit_error(const std::string& from, const std::string& to) {
  return error_of(edited(replaced(written(small()), from, to)));
}

TEST(ConnectionsText, IsWhatTheHeaderShows) {
  EXPECT_EQ(edited(written(small())), R"({
  "format": "nvmeofs connections",
  "version": 1,
  "generation": 7,
  "connections": {
    "toto": {
      "nqn": "nqn.2026-01.org.example:toto",
      "addresses": [
        "tcp://192.168.1.32:4420",
        "rdma://[fe80::1%eth0]:4421"
      ],
      "connected": true,
      "options": {
        "dhchap_secret": ")" + secret + R"(",
        "queue_size": "64"
      },
      "made": "2026-07-01T10:00:00Z"
    }
  }
}
)");
}

TEST(ConnectionsText, ReadsBack) {
  auto connections = small();
  auto plain = small().at("toto");
  plain.wanted.name = Nqn::parse("titi").value();
  plain.wanted.nqn.reset();
  plain.wanted.options.clear();
  plain.wanted.connected = false;
  connections.emplace("titi", plain);
  const auto content = read_connections(written(connections));
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(content->state, (ConnectionsState{connections, {}}));
  EXPECT_EQ(content->unknown, "");
}

TEST(ConnectionsText, HasDiscoveryControllersBesideConnections) {
  const auto text = written(small(), arrays());
  EXPECT_THAT(text, HasSubstr(R"(  "discovery": {
    "tcp:192.168.1.32": {
      "address": "tcp://192.168.1.32:8009",
      "connect_all": true,
      "persistent": true,
      "made": "2026-07-01T10:00:00Z"
    }
  })"));
  EXPECT_EQ(read_connections(text)->state, (ConnectionsState{small(), arrays()}));
}

TEST(ConnectionsText, OfBeforeDiscoveryHasNone) {
  const auto text = written(small());
  EXPECT_THAT(text, Not(HasSubstr("discovery")));
  EXPECT_EQ(read_connections(text)->state, (ConnectionsState{small(), {}}));
}

TEST(ConnectionsText, NamesDiscoveryControllerAndKeyOfAWrongValue) {
  const auto error = [](const std::string& from, const std::string& to) {
    return error_of(edited(replaced(written({}, arrays()), from, to)));
  };
  EXPECT_THAT(error("\"tcp:192.168.1.32\"", "\"toto\""), HasSubstr("discovery toto"));
  EXPECT_THAT(error("tcp://192.168.1.32:8009", "tcp://192.168.1.33:8009"),
              HasSubstr("discovery tcp:192.168.1.32, \"address\": it is not tcp://192.168.1.32"));
  EXPECT_THAT(error("\"persistent\": true", "\"persistent\": 2"),
              HasSubstr("discovery tcp:192.168.1.32, \"persistent\": it is true or false"));
  EXPECT_THAT(error("\"made\"", "\"mad\""), HasSubstr("\"made\": it is missing"));
}

TEST(ConnectionsText, HasNoDiscoveryAddressTwice) {
  auto twice = arrays();
  auto other = arrays().at("tcp:192.168.1.32");
  other.wanted.name = "tcp:192.168.1.32:8009";
  twice.emplace(other.wanted.name, other);
  const auto text = ConnectionsWriter().write({{}, twice}, 1);
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("are the same address"));
}

TEST(ConnectionsText, KeepsUnknownKeysOfADiscoveryControllerWithIt) {
  const auto text =
      edited(replaced(written({}, arrays()), "\"persistent\"", R"("color": "red", "persistent")"));
  const auto content = read_connections(text).value();
  ConnectionsWriter writer(content.unknown);
  EXPECT_THAT(writer.write(content.state, 8).value(), HasSubstr("\"color\": \"red\""));
  EXPECT_THAT(writer.write({}, 9).value(), Not(HasSubstr("color")));
  writer.saved({});
  EXPECT_THAT(writer.write(content.state, 10).value(), Not(HasSubstr("color")));
}

TEST(ConnectionsText, NamesConnectionAndKeyOfAWrongValue) {
  EXPECT_THAT(edit_error("\"toto\"", "\"to to\""), HasSubstr("connection to to"));
  EXPECT_THAT(edit_error("org.example", "org,example"), HasSubstr("connection toto, \"nqn\""));
  EXPECT_THAT(edit_error("tcp://192.168.1.32:4420", "tcp://192.168.1.320"),
              HasSubstr("connection toto, \"addresses\""));
  EXPECT_THAT(edit_error("192.168.1.32", "0.0.0.0"),
              HasSubstr("connection toto, \"addresses\": tcp://0.0.0.0:4420 is no address"));
  EXPECT_THAT(edit_error("\"connected\": true", "\"connected\": 1"),
              HasSubstr("connection toto, \"connected\": it is true or false"));
  EXPECT_THAT(edit_error("\"64\"", "\"64,nqn=x\""), HasSubstr("\"options\", \"queue_size\""));
  EXPECT_THAT(edit_error("queue_size", "queue"), HasSubstr("there is no such option"));
  EXPECT_THAT(edit_error("2026-07-01", "2026-02-30"), HasSubstr("connection toto, \"made\""));
}

TEST(ConnectionsText, NeverRepeatsASecretThatIsWrong) {
  EXPECT_THAT(edit_error("KfiaR:", "KfiaX:"),
              AllOf(HasSubstr("\"dhchap_secret\""), Not(HasSubstr("AAECAw"))));
}

// The library quotes what it read last.
TEST(ConnectionsText, NeverRepeatsASecretOfBrokenJson) {
  const auto quoted = "\"" + secret + "\"";
  for (const std::string& broken :
       {quoted + quoted, quoted.substr(0, 40), "\"" + secret.substr(0, 40) + "\x01\"",
        "\"" + secret.substr(0, 40) + "\xff\"", "\"" + secret.substr(0, 40) + "\\x\""})
    EXPECT_THAT(edit_error(quoted, broken), AllOf(HasSubstr("line 1"), Not(HasSubstr("AAECAw"))));

  const auto text = edited(written(small()));
  for (std::size_t i = 0; i < text.size(); ++i)
    for (const char c : {'"', '\x01', '\xff', ',', '}'}) {
      auto damaged = text;
      damaged[i] = c;
      ASSERT_THAT(error_of(damaged), Not(HasSubstr("AAECAw"))) << i;
    }
}

TEST(ConnectionsText, HasNoSubsystemTwice) {
  auto connections = small();
  auto other = small().at("toto");
  other.wanted.name = Nqn::parse("titi").value();
  connections.emplace("titi", other);
  const auto text = ConnectionsWriter().write({connections, {}}, 1);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().reason, Reason::not_saved);
  EXPECT_THAT(text.error().message, HasSubstr("titi and toto"));
}

TEST(ConnectionsText, KeepsKeysThatItDoesNotKnowWithTheirConnection) {
  auto text = edited(replaced(written(small()), "\"connected\"", R"("color": "red", "connected")"));
  text = replaced(text, "\"generation\"", R"("later": 1, "generation")");
  auto content = read_connections(text).value();
  ConnectionsWriter writer(content.unknown);
  EXPECT_THAT(writer.write(content.state, 8).value(),
              AllOf(HasSubstr("\"color\": \"red\""), HasSubstr("\"later\": 1")));
  writer.saved({});
  EXPECT_THAT(writer.write(content.state, 9).value(),
              AllOf(Not(HasSubstr("color")), HasSubstr("\"later\": 1")));
}

TEST(ConnectionsText, OfTheOtherFileIsNotRead) {
  EXPECT_THAT(edit_error("nvmeofs connections", "nvmeofs state"),
              HasSubstr("it is no file of connections"));
}

TEST(ConnectionsFile, StandsBesideTheStateFile) {
  EXPECT_EQ(connections_file_of("/var/lib/nvmeofs/state.json"),
            "/var/lib/nvmeofs/state.connections.json");
  EXPECT_EQ(connections_file_of("/srv/state"), "/srv/state.connections");
}

class ConnectionsFileTest : public testing::Test {
 protected:
  void open() {
    file.reset();
    auto opened = ConnectionsFile::open(path, files);
    ASSERT_TRUE(opened) << opened.error().message;
    file = std::move(*opened);
  }

  TempDir directory;
  const std::string path = directory.path() + "/state.connections.json";
  FaultyFiles files;
  std::unique_ptr<ConnectionsFile> file;
};

TEST_F(ConnectionsFileTest, LoadsWhatWasSaved) {
  open();
  EXPECT_EQ(file->load(), StoredConnections{});
  ASSERT_TRUE(file->save(small()));
  open();
  EXPECT_EQ(file->load(), small());
}

TEST_F(ConnectionsFileTest, KeepsOfBothStoresWhatTheOtherSaves) {
  open();
  ASSERT_TRUE(file->load());
  ASSERT_TRUE(file->save(small()));
  ASSERT_EQ(file->load_discoveries(), StoredDiscoveries{});
  ASSERT_TRUE(file->save_discoveries(arrays()));
  ASSERT_TRUE(file->save({}));
  open();
  EXPECT_EQ(file->load_discoveries(), arrays());
  EXPECT_EQ(file->load(), StoredConnections{});
}

TEST_F(ConnectionsFileTest, IsForItsOwnerOnly) {
  open();
  ASSERT_TRUE(file->load());
  ASSERT_TRUE(file->save(small()));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(ConnectionsFileTest, IsAsBeforeWhenASaveIsRefused) {
  open();
  ASSERT_TRUE(file->load());
  ASSERT_TRUE(file->save(small()));
  files.before = [](const std::string& call) { return call.starts_with("write") ? ENOSPC : 0; };
  const auto saved = file->save({});
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().errnum, ENOSPC);
  files.before = nullptr;
  open();
  EXPECT_EQ(file->load(), small());
}

TEST_F(ConnectionsFileTest, IsNeverWrittenOverWhatCannotBeRead) {
  write_text(path, "{}");
  open();
  const auto loaded = file->load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().reason, Reason::state_unreadable);
  EXPECT_FALSE(file->save(small()));
  EXPECT_EQ(text_of(path), "{}");
}

TEST(NoConnectionStoreTest, KeepsNothing) {
  NoConnectionStore store;
  EXPECT_TRUE(store.save(small()));
  EXPECT_EQ(store.load(), StoredConnections{});
}

}  // namespace
}  // namespace nvmeofs
