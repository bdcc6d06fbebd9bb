// A saved target is restored by difference, all of it or nothing.
#include "engine_fixture.h"
#include "nvmeofs/host_setting.h"
#include "nvmeofs/target_config.h"

namespace nvmeofs {
namespace {

constexpr const char* key = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";

class RestoreTest : public EngineTest {
 protected:
  int restore(const std::string& text) {
    auto config = parse_target_config(text);
    EXPECT_TRUE(config) << config.error().message;
    auto promise = std::make_shared<std::promise<Result<void>>>();
    engine_->submit(
        {.caller = caller_,
         .name = "",
         .file = "config.json",
         .value = "",
         .intent = Intent(TakeTarget{std::make_shared<const TargetConfig>(std::move(*config))}),
         .about = About::the_target},
        [promise](Result<void> result) { promise->set_value(std::move(result)); });
    auto answer = promise->get_future();
    if (answer.wait_for(std::chrono::seconds(20)) != std::future_status::ready) return -1;
    const auto result = answer.get();
    last_ = result ? Error{} : result.error();
    return last_.errnum;
  }
  std::string saved() { return target_config_text(engine_->target_to_save()); }
  std::string last_record() { return engine_->snapshot()->log.back().text; }
  std::uint64_t steps() { return engine_->snapshot()->steps; }
  // By somebody else, as /etc/nvmet/config.json is at boot.
  void connect_host(const std::string& nqn) {
    ASSERT_TRUE(kernel_.connect("nqn.h", nqn, at("10.0.0.1"), "10.0.0.9"));
  }
  static std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
  }
};

TEST_F(RestoreTest, OfWhatIsThereWritesNothing) {
  serve("toto");
  serve("titi", "/dev/b", "rdma://10.0.0.1");
  ASSERT_EQ(hosts("titi", "nqn.h"), 0);
  const auto before = kernel();
  const auto taken = steps();
  ASSERT_EQ(restore(saved()), 0) << last_.message;
  EXPECT_EQ(last_record(), "nothing to do");
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(steps(), taken);
}

TEST_F(RestoreTest, OnAnEmptyMachineMakesAllOfIt) {
  serve("titi", "/dev/b", "rdma://10.0.0.1");
  serve("toto");
  ASSERT_EQ(hosts("titi", "nqn.h"), 0);
  const std::string text = saved();
  const auto before = kernel();
  for (const char* name : {"toto", "titi"}) {
    ASSERT_EQ(disable(name), 0);
    ASSERT_EQ(remove(name), 0);
  }
  ASSERT_EQ(kernel(), Target{});
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_EQ(kernel().subsystems, before.subsystems);
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_EQ(saved(), text);
}

TEST_F(RestoreTest, IsKeptOverAReboot) {
  serve("toto");
  const std::string text = saved();
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(remove("toto"), 0);
  ASSERT_EQ(restore(text), 0) << last_.message;
  reboot();
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(RestoreTest, LeavesUnchangedExportsAlone) {
  serve("toto");
  serve("titi", "/dev/b");
  const std::string text = saved();
  ASSERT_EQ(disable("titi"), 0);
  connect_host("toto");
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_EQ(status("titi").state, State::enabled);
  EXPECT_EQ(kernel_.controllers().size(), 1U);
}

TEST_F(RestoreTest, DisablesWhatIsNotInIt) {
  const std::string empty = saved();
  serve("toto");
  ASSERT_EQ(restore(empty), 0) << last_.message;
  EXPECT_EQ(status("toto").state, State::disabled);
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(RestoreTest, IsRefusedForAHostThatWouldLose) {
  const std::string empty = saved();
  serve("toto");
  connect_host("toto");
  const auto before = kernel();
  EXPECT_EQ(restore(empty), EBUSY);
  EXPECT_EQ(last_.reason, Reason::hosts_connected);
  EXPECT_THAT(last_.message, HasSubstr("exports/toto: connected: nqn.h"));
  EXPECT_EQ(kernel(), before);
}

TEST_F(RestoreTest, ThatIsRefusedOnTheWayIsTakenBack) {
  serve("toto");
  serve("titi", "/dev/b");
  const std::string text = replaced(saved(), "/dev/b", "/dev/missing");
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(disable("titi"), 0);
  ASSERT_EQ(remove("toto"), 0);
  ASSERT_EQ(address("titi", "tcp://10.0.0.2"), 0);
  const Export before = view("titi").wanted;
  EXPECT_EQ(restore(text), ENOENT);
  EXPECT_THAT(last_.message, HasSubstr("exports/titi: "));
  EXPECT_THAT(last_.message, HasSubstr("everything is as it was before"));
  EXPECT_FALSE(engine_->snapshot()->exports.contains("toto"));
  EXPECT_EQ(view("titi").wanted, before);
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(RestoreTest, ThatIsTakenBackHasTheDiskAndTheUuidOfBefore) {
  serve("tata", "/dev/a");
  serve("toto", "/dev/b");
  const Target before = kernel();
  const Export wanted = view("tata").wanted;
  EXPECT_EQ(restore(replaced(replaced(saved(), "/dev/a", "/dev/c"), "/dev/b", "/dev/missing")),
            ENOENT);
  EXPECT_THAT(last_.message, HasSubstr("everything is as it was before"));
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(view("tata").wanted, wanted);
  EXPECT_EQ(claim("/dev/a").error().errnum, EBUSY);
  EXPECT_TRUE(claim("/dev/c"));
}

TEST_F(RestoreTest, TakesOverWhatOthersMadeWithoutATouch) {
  serve("toto");
  const std::string text = saved();
  start_without_state();
  ASSERT_TRUE(view("toto").foreign);
  const auto before = kernel();
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_FALSE(view("toto").foreign);
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(claim("/dev/a").error().errnum, EBUSY);
}

TEST_F(RestoreTest, LeavesWhatOthersMadeWhereItDoesNotNameIt) {
  const std::string empty = saved();
  serve("toto");
  start_without_state();
  const auto before = kernel();
  ASSERT_EQ(restore(empty), 0) << last_.message;
  EXPECT_THAT(last_record(), HasSubstr("left out: exports/toto: something else made it"));
  EXPECT_EQ(kernel(), before);
}

TEST_F(RestoreTest, GivesSettingsAndAnaGroupsBack) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(ask("toto", "qid_max", SetSubsystemSetting{"qid_max", "16"}), 0);
  ASSERT_EQ(ask("toto", "ana_group", SetNamespaceAnaGroup{1, 2}), 0);
  ASSERT_EQ(enable("toto"), 0);
  std::string text = saved();
  text = replaced(text, R"("inline_data_size": "16384")", R"("inline_data_size": "8192")");
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(remove("toto"), 0);
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_EQ(view("toto").wanted.settings, (SubsystemSettings{{"attr_qid_max", "16"}}));
  EXPECT_EQ(view("toto").wanted.first().ana_group, 2U);
  EXPECT_EQ(attribute(kernel().ports.begin()->second.attributes, "param_inline_data_size"), "8192");
  EXPECT_EQ(saved(), text);
}

TEST_F(RestoreTest, GivesKeysThatStandInItAndKeepsOthers) {
  serve("toto");
  ASSERT_EQ(hosts("toto", "nqn.h"), 0);
  const std::string text = saved();
  EXPECT_THAT(text, testing::Not(HasSubstr("DHHC")));
  ASSERT_EQ(restore(replaced(text, R"("dhchap": {)",
                             std::string(R"("dhchap": {"key": ")") + key + "\",")),
            0)
      << last_.message;
  const auto& dhchap_key = *find_host_setting("dhchap_key");
  EXPECT_EQ(value(kernel().hosts.at("nqn.h"), dhchap_key), Secret(key));
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_EQ(value(kernel().hosts.at("nqn.h"), dhchap_key), Secret(key));
}

TEST_F(RestoreTest, KeepsWhatWaits) {
  serve("toto");
  const std::string text = saved();
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.erase("/dev/a"); });
  reboot();
  ASSERT_EQ(status("toto").state, State::waiting);
  EXPECT_THAT(saved(), HasSubstr("/dev/a"));
  ASSERT_EQ(restore(saved()), 0) << last_.message;
  EXPECT_EQ(last_record(), "nothing to do");
}

}  // namespace
}  // namespace nvmeofs
