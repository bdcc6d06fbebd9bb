// A saved target is restored by difference, all of it or nothing.
#include "nvmeofs/host_setting.h"
#include "restore_fixture.h"

namespace nvmeofs {
namespace {

constexpr const char* key = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";

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

TEST_F(RestoreTest, GivesAnAddressItsSettingsBeforeALiveExportComesToIt) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.2"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1", true), 0);
  ASSERT_EQ(ask_port("inline_data_size", SetPortSetting{"inline_data_size", "8192"}), 0);
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  const std::string text = saved();
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.2"), 0);
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  ASSERT_TRUE(kernel_.connect("nqn.h", "toto", at("10.0.0.2"), "10.0.0.9"));
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_EQ(saved(), text);
  EXPECT_EQ(kernel_.controllers().size(), 1U);
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

TEST_F(RestoreTest, ExchangesTheDisksOfTwo) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  ASSERT_EQ(restore(exchanged(saved(), {{"/dev/a", "/dev/b"}})), 0) << last_.message;
  EXPECT_EQ(view("toto").wanted.first().device->path(), "/dev/b");
  EXPECT_EQ(view("titi").wanted.first().device->path(), "/dev/a");
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_EQ(status("titi").state, State::enabled);
}

// A host that comes back must not go on with cached blocks of the other disk.
TEST_F(RestoreTest, GivesDisksThatWereExchangedNewIdentities) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  const std::string uuid = view("toto").wanted.first().uuid;
  const std::string other = view("titi").wanted.first().uuid;
  ASSERT_EQ(restore(exchanged(saved(), {{"/dev/a", "/dev/b"}})), 0) << last_.message;
  for (const char* name : {"toto", "titi"}) {
    EXPECT_NE(view(name).wanted.first().uuid, uuid);
    EXPECT_NE(view(name).wanted.first().uuid, other);
  }
}

// What the hosts of the one have put on its disk is no reason to refuse it to the other.
TEST_F(RestoreTest, ExchangesDisksThatHostsHaveUsed) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  kernel_.edit_machine([](SimMachine& machine) {
    for (const char* disk : {"/dev/a", "/dev/b"})
      machine.devices.at(disk).member_of = "a physical volume of LVM";
  });
  ASSERT_EQ(restore(exchanged(saved(), {{"/dev/a", "/dev/b"}})), 0) << last_.message;
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_TRUE(view("toto").wanted.first().has_served);
}

TEST_F(RestoreTest, TakesNoUsedDiskThatNobodyServed) {
  serve("toto", "/dev/a");
  kernel_.edit_machine([](SimMachine& machine) {
    machine.devices.at("/dev/b").member_of = "a physical volume of LVM";
  });
  const Target before = kernel();
  EXPECT_EQ(restore(replaced(saved(), "/dev/a", "/dev/b")), EBUSY);
  EXPECT_EQ(kernel(), before);
}

TEST_F(RestoreTest, ExchangesTheIdentitiesOfTwo) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  const Export toto = view("toto").wanted;
  const Export titi = view("titi").wanted;
  const std::string text = exchanged(saved(), {{"/dev/a", "/dev/b"},
                                               {toto.identity.serial, titi.identity.serial},
                                               {toto.first().uuid, titi.first().uuid},
                                               {toto.first().nguid, titi.first().nguid}});
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_EQ(saved(), text);
  EXPECT_EQ(view("toto").wanted.identity, titi.identity);
  EXPECT_EQ(view("toto").wanted.first().uuid, titi.first().uuid);
}

TEST_F(RestoreTest, GivesADiskFromOneToTheNext) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  serve("tata", "/dev/c");
  std::string text = replaced(saved(), "/dev/a", "/dev/d");
  text = replaced(text, "/dev/b", "/dev/a");
  text = replaced(text, "/dev/c", "/dev/b");
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_EQ(view("toto").wanted.first().device->path(), "/dev/d");
  EXPECT_EQ(view("titi").wanted.first().device->path(), "/dev/a");
  EXPECT_EQ(view("tata").wanted.first().device->path(), "/dev/b");
}

TEST_F(RestoreTest, GivesTheDiskOfOneThatIsLeftOutToANewOne) {
  serve("toto", "/dev/a");
  const std::string text = replaced(saved(), "/dev/a", "/dev/b");
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(remove("toto"), 0);
  serve("titi", "/dev/b");
  ASSERT_EQ(restore(text), 0) << last_.message;
  EXPECT_EQ(status("titi").state, State::disabled);
  EXPECT_EQ(view("toto").wanted.first().device->path(), "/dev/b");
}

TEST_F(RestoreTest, ThatExchangesIsTakenBack) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  serve("tutu", "/dev/c");
  const Target before = kernel();
  const StoredState stored = store_.state();
  const Export toto = view("toto").wanted;
  const Export titi = view("titi").wanted;
  const std::string text = exchanged(saved(), {{"/dev/a", "/dev/b"},
                                               {toto.identity.serial, titi.identity.serial},
                                               {toto.first().uuid, titi.first().uuid}});
  EXPECT_EQ(restore(replaced(text, "/dev/c", "/dev/missing")), ENOENT);
  EXPECT_THAT(last_.message, HasSubstr("everything is as it was before"));
  EXPECT_EQ(kernel().subsystems, before.subsystems);
  EXPECT_EQ(store_.state().exports, stored.exports);
  EXPECT_EQ(store_.state().restoring, std::nullopt);
}

TEST_F(RestoreTest, TakesNoIdentityOfOneThatIsNotInIt) {
  serve("toto", "/dev/a");
  const std::string text = replaced(saved(), R"("nqn": "toto")", R"("nqn": "titi")");
  const Target before = kernel();
  EXPECT_EQ(restore(replaced(text, "\"toto\"\n", "\"titi\"\n")), EEXIST);
  EXPECT_EQ(last_.reason, Reason::identity_taken);
  EXPECT_EQ(kernel(), before);
  EXPECT_FALSE(engine_->snapshot()->exports.contains("titi"));
}

TEST_F(RestoreTest, ThatWouldServeADiskTwiceIsRefused) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  const Target before = kernel();
  EXPECT_EQ(restore(replaced(saved(), "/dev/b", "/dev/a")), EBUSY);
  EXPECT_EQ(last_.reason, Reason::device_served);
  EXPECT_EQ(kernel().subsystems, before.subsystems);
}

TEST_F(RestoreTest, ThatIsTakenBackIsForeignAgain) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  const std::string text = saved();
  start_without_state();
  const auto before = kernel();
  const auto serial = view("toto").serial;
  EXPECT_EQ(restore(replaced(replaced(text, "/dev/a", "/dev/c"), "/dev/b", "/dev/missing")),
            ENOENT);
  EXPECT_THAT(last_.message, HasSubstr("everything is as it was before"));
  EXPECT_EQ(kernel(), before);
  EXPECT_TRUE(view("toto").foreign);
  EXPECT_TRUE(view("titi").foreign);
  EXPECT_EQ(view("toto").serial, serial);
  EXPECT_EQ(store_.state().exports, StoredState{}.exports);
  EXPECT_TRUE(claim("/dev/a"));
  EXPECT_TRUE(claim("/dev/c"));
}

TEST_F(RestoreTest, ThatIsTakenBackHasTheSettingsOfItsPorts) {
  serve("toto", "/dev/a");
  const std::string text =
      replaced(replaced(saved(), "/dev/a", "/dev/missing"), "10.0.0.1", "10.0.0.2");
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(ask_port("inline_data_size", SetPortSetting{"inline_data_size", "8192"}), 0);
  ASSERT_EQ(enable("toto"), 0);
  const auto before = kernel();
  const auto ports = store_.state().ports;
  ASSERT_FALSE(ports.empty());
  EXPECT_EQ(restore(text), ENOENT);
  EXPECT_EQ(store_.state().ports, ports);
  EXPECT_EQ(kernel(), before);
}

TEST_F(RestoreTest, SavesNothingOfWhatIsThere) {
  serve("toto");
  const int saves = store_.saves();
  ASSERT_EQ(restore(saved()), 0);
  EXPECT_EQ(store_.saves(), saves);
}

TEST_F(RestoreTest, ThatCannotBeSavedChangesNothing) {
  serve("toto");
  const std::string text = replaced(saved(), "/dev/a", "/dev/b");
  const auto before = kernel();
  store_.fail_with(ENOSPC);
  EXPECT_EQ(restore(text), ENOSPC);
  EXPECT_EQ(kernel(), before);
  store_.fail_with(0);
  EXPECT_EQ(view("toto").wanted.first().device->path(), "/dev/a");
  EXPECT_EQ(store_.state().restoring, std::nullopt);
}

TEST_F(RestoreTest, ThatCannotBeSavedAtItsEndIsTakenBack) {
  serve("toto");
  const std::string text = replaced(saved(), "/dev/a", "/dev/b");
  const auto before = kernel();
  const StoredState stored = store_.state();
  store_.refuse_if([](const StoredState& now, const StoredState& next) {
    return now.restoring && !next.restoring &&
           next.exports.at("toto").wanted.first().device->path() == "/dev/b";
  });
  EXPECT_EQ(restore(text), ENOSPC);
  EXPECT_THAT(last_.message, HasSubstr("everything is as it was before"));
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(store_.state().exports, stored.exports);
  EXPECT_EQ(store_.state().restoring, std::nullopt);
}

TEST_F(RestoreTest, KeepsOthersOutWhileItWaitsInTheKernel) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  const std::string text = replaced(saved(), "/dev/a", "/dev/c");
  backend_.hold(Verb::remove_item);
  auto answer = begin_restore(text);
  ASSERT_TRUE(backend_.wait_until_held());
  EXPECT_EQ(make("tutu"), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("config.json is being restored"));
  EXPECT_EQ(restore(text), EBUSY);
  EXPECT_EQ(hosts("titi", "nqn.h"), EBUSY);
  EXPECT_EQ(disable("toto"), EBUSY);
  backend_.let_go();
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(answer.get());
  EXPECT_EQ(hosts("titi", "nqn.h"), 0) << last_.message;
}

TEST_F(RestoreTest, LetsWhatItDoesNotTouchGoDownMeanwhile) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  const std::string text = replaced(saved(), "/dev/a", "/dev/c");
  backend_.hold_first(Verb::remove_item);
  auto answer = begin_restore(text);
  ASSERT_TRUE(backend_.wait_until_held());
  EXPECT_EQ(disable("titi"), 0) << last_.message;
  backend_.let_go();
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(answer.get());
}

TEST_F(RestoreTest, ThatTheEndOfTheProgramCutsOffIsTakenBack) {
  serve("toto", "/dev/a");
  const std::string text = replaced(saved(), "/dev/a", "/dev/c");
  const auto before = kernel();
  backend_.hold(Verb::remove_item);
  auto answer = begin_restore(text);
  ASSERT_TRUE(backend_.wait_until_held());
  engine_.reset();
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  const auto result = answer.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().errnum, ESHUTDOWN);
  backend_.let_go();
  EXPECT_TRUE(eventually([&] { return backend_.is_idle(); }));
  start();
  EXPECT_TRUE(becomes("toto", State::enabled));
  EXPECT_EQ(kernel().subsystems, before.subsystems);
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
