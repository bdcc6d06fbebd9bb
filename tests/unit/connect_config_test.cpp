// config.json taken in, over the simulated host.
#include "connect_fixture.h"

namespace nvmeofs {
namespace {

using testing::Contains;
using testing::Key;

constexpr const char* secret = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";

class ConnectConfig : public ConnectTest {
 protected:
  // One host with these subsystems; a host that is not named is this machine.
  std::string config(const std::string& subsystems, std::string host = "") {
    if (host.empty()) host = initiator_.host_identity().value().nqn;
    return R"([{"hostnqn": ")" + host + R"(", "subsystems": [)" + subsystems + "]}]";
  }
  static std::string subsystem(const std::string& nqn, const std::vector<std::string>& addresses,
                               const std::string& more = "") {
    std::string ports;
    for (const auto& address : addresses)
      ports += std::string(ports.empty() ? "" : ",") + R"({"transport": "tcp", "traddr": ")" +
               address + "\"" + more + "}";
    return R"({"nqn": ")" + nqn + R"(", "ports": [)" + ports + "]}";
  }
  int take(const std::string& text) {
    return ask("", "config.json", parse_host_config(text).map([](HostConfig read) {
      return ConnectionIntent(TakeConfig{std::move(read)});
    }));
  }
  std::string last_record() { return connections_->snapshot()->log.back().text; }
  std::string shown() { return connections_->config().value(); }
};

TEST_F(ConnectConfig, IsMadeAndConnected) {
  EXPECT_EQ(take(config(subsystem("array", {"10.0.0.1", "10.0.0.2"}, R"(, "queue_size": 64)") +
                        "," + subsystem("other", {"10.0.0.3"}))),
            0)
      << last_.message;
  EXPECT_EQ(state("array"), ConnectionState::connected);
  EXPECT_EQ(state("other"), ConnectionState::connected);
  EXPECT_THAT(view("array").wanted.addresses, ElementsAre(at("10.0.0.1"), at("10.0.0.2")));
  EXPECT_EQ(view("array").wanted.options.at("queue_size"), "64");
  EXPECT_THAT(view("array").wanted.options, Not(Contains(Key("host_nqn"))));
}

TEST_F(ConnectConfig, ThatSaysWhatIsThereChangesNothing) {
  bring_up("array", "10.0.0.1");
  ASSERT_EQ(disconnect("array"), 0);
  ASSERT_EQ(option("array", "dhchap_secret", secret), 0) << last_.message;
  ASSERT_EQ(option("array", "queue_size", "64"), 0);
  ASSERT_EQ(connect("array"), 0) << last_.message;
  const auto before = controllers();
  store_.fail_with(ENOSPC);
  EXPECT_EQ(take(shown()), 0) << last_.message;
  EXPECT_EQ(last_record(), "all of it is there already");
  EXPECT_EQ(take(config(subsystem("array", {"10.0.0.1"},
                                  std::string(R"(, "dhchap_key": ")") + secret + "\""))),
            0)
      << last_.message;
  EXPECT_EQ(take("[]"), 0);
  EXPECT_EQ(controllers(), before);
}

TEST_F(ConnectConfig, AddsThePathsThatAreMissing) {
  bring_up("array", "10.0.0.1");
  const auto first = controller_at("10.0.0.1");
  EXPECT_EQ(take(config(subsystem("array", {"10.0.0.2"}, R"(, "ctrl_loss_tmo": 1800)"))), 0)
      << last_.message;
  EXPECT_THAT(view("array").wanted.addresses, ElementsAre(at("10.0.0.1"), at("10.0.0.2")));
  EXPECT_EQ(view("array").wanted.options.at("ctrl_loss_tmo"), "1800");
  EXPECT_EQ(controller_at("10.0.0.1"), first);
  EXPECT_EQ(state("array"), ConnectionState::connected);
}

TEST_F(ConnectConfig, ConnectsWhatIsADraft) {
  draft("array", "10.0.0.1");
  EXPECT_EQ(take(config(subsystem("array", {"10.0.0.1"}, R"(, "queue_size": 64)"))), 0)
      << last_.message;
  EXPECT_EQ(state("array"), ConnectionState::connected);
  EXPECT_EQ(view("array").wanted.options.at("queue_size"), "64");
}

TEST_F(ConnectConfig, FindsAConnectionByItsSubsystem) {
  draft("mine", "10.0.0.1");
  ASSERT_EQ(nqn("mine", "array"), 0);
  EXPECT_EQ(take(config(subsystem("array", {"10.0.0.2"}))), 0) << last_.message;
  EXPECT_FALSE(is_there("array"));
  EXPECT_EQ(state("mine"), ConnectionState::connected);
}

TEST_F(ConnectConfig, IsRefusedWholeWhenOneOptionIsAtOdds) {
  bring_up("array", "10.0.0.1");
  EXPECT_EQ(take(config(subsystem("other", {"10.0.0.3"}) + "," +
                        subsystem("array", {"10.0.0.1"}, R"(, "queue_size": 64)"))),
            EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("host 1, subsystem 2: connections/array"));
  EXPECT_FALSE(is_there("other"));
  ASSERT_EQ(disconnect("array"), 0);
  ASSERT_EQ(option("array", "queue_size", "32"), 0);
  EXPECT_EQ(take(config(subsystem("array", {"10.0.0.1"}, R"(, "queue_size": 64)"))), EEXIST);
  EXPECT_THAT(last_.message, HasSubstr("options/queue_size is 32, and not 64"));
  EXPECT_EQ(state("array"), ConnectionState::disconnected);
}

TEST_F(ConnectConfig, NeverTellsTheSecretThatIsAtOdds) {
  draft("array", "10.0.0.1");
  ASSERT_EQ(option("array", "dhchap_secret", secret), 0);
  const std::string other = "DHHC-1:00:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmLUSf1H:";
  take(config(subsystem("array", {"10.0.0.1"}, R"(, "dhchap_key": ")" + other + "\"")));
  EXPECT_THAT(last_.message, Not(HasSubstr("YmJi")));
  EXPECT_EQ(take(config(subsystem("array", {"10.0.0.1"},
                                  std::string(R"(, "dhchap_key": ")") + secret + "\""))),
            0)
      << last_.message;
  EXPECT_THAT(shown(), Not(HasSubstr("DHHC")));
  for (const auto& record : connections_->snapshot()->log) {
    EXPECT_THAT(record.what, Not(HasSubstr("DHHC")));
    EXPECT_THAT(record.text, Not(HasSubstr("DHHC")));
  }
}

TEST_F(ConnectConfig, LeavesNothingOfWhatCannotBeConnected) {
  EXPECT_EQ(
      take(config(subsystem("array", {"10.0.0.1"}) + "," + subsystem("absent", {"10.0.0.99"}))),
      ECONNREFUSED);
  EXPECT_THAT(last_.message, HasSubstr("1 of 2 could not be connected: absent"));
  EXPECT_EQ(state("array"), ConnectionState::connected);
  EXPECT_FALSE(is_there("absent"));
}

TEST_F(ConnectConfig, ConnectsAsTheHostThatItNames) {
  const std::string host = "nqn.2014-08.org.nvmexpress:uuid:5a7b3c1e-0b3d-4a53-9d2b-2f8a1d0c9e01";
  EXPECT_EQ(take(config(subsystem("array", {"10.0.0.1"}), "somebody")), EINVAL);
  EXPECT_THAT(last_.message, HasSubstr("hostid"));
  EXPECT_EQ(take(config(subsystem("array", {"10.0.0.1"}), host)), 0) << last_.message;
  EXPECT_EQ(view("array").wanted.options.at("host_nqn"), host);
  EXPECT_EQ(controllers().begin()->second.host_nqn, host);
  EXPECT_THAT(shown(), HasSubstr(host));
  EXPECT_EQ(take(shown()), 0) << last_.message;
  EXPECT_EQ(last_record(), "all of it is there already");
}

TEST_F(ConnectConfig, LeavesWhatOthersHaveConnected) {
  ASSERT_TRUE(initiator_.connect({.subsystem = Nqn::parse("array").value(),
                                  .address = at("10.0.0.1"),
                                  .host = initiator_.host_identity().value()},
                                 milliseconds(1000)));
  ASSERT_TRUE(becomes("array", ConnectionState::foreign));
  EXPECT_THAT(shown(), HasSubstr("\"array\""));
  EXPECT_EQ(take(shown()), 0) << last_.message;
  EXPECT_EQ(take(config(subsystem("array", {"10.0.0.2"}))), 0) << last_.message;
  EXPECT_THAT(last_record(), HasSubstr("something else has connected array"));
  EXPECT_EQ(state("array"), ConnectionState::foreign);
  EXPECT_EQ(controller_at("10.0.0.2"), "");
}

TEST_F(ConnectConfig, ShowsWhatIsToBeConnectedAndNoDraft) {
  draft("other", "10.0.0.3");
  EXPECT_EQ(shown(), "[]\n");
  bring_up("array", "10.0.0.1");
  EXPECT_THAT(shown(), HasSubstr("\"10.0.0.1\""));
  EXPECT_THAT(shown(), Not(HasSubstr("other")));
}

TEST_F(ConnectConfig, KeepsItsNameFromConnections) {
  EXPECT_EQ(make("config.json"), EEXIST);
  EXPECT_EQ(take(config(subsystem("config.json", {"10.0.0.1"}))), EEXIST);
}

TEST_F(ConnectConfig, IsAnsweredAtTheEnd) {
  silence("10.0.0.9");
  auto waiting = submit("", "config.json",
                        ConnectionIntent(TakeConfig{
                            parse_host_config(config(subsystem("array", {"10.0.0.9"}))).value()}));
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  connections_->stop();
  EXPECT_EQ(answer(std::move(waiting)), ESHUTDOWN);
  initiator_.let_go();
}

}  // namespace
}  // namespace nvmeofs
