// ANA groups: of namespaces, and their states at the addresses.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

constexpr const char* port = "tcp:10.0.0.1:4420";

class AnaTest : public EngineTest {
 protected:
  int move(const std::string& name, AnaGroup group, Nsid nsid = first_nsid) {
    return ask(name, "namespaces/1/ana_group", SetNamespaceAnaGroup{nsid, group});
  }
  int set(AnaGroup group, AnaState state, const char* at_port = port) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    engine_->submit({.caller = caller_,
                     .name = at_port,
                     .serial = engine_->snapshot()->ports.views.at(at_port).serial,
                     .file = fmt::format("ana_groups/{}", group),
                     .value = std::string(to_string(state)),
                     .intent = Intent(SetAnaState{group, state}),
                     .about = About::a_port},
                    [promise](Result<void> result) { promise->set_value(std::move(result)); });
    const auto result = promise->get_future().get();
    last_ = result ? Error{} : result.error();
    return last_.errnum;
  }
  PortView port_view(const char* name = port) { return engine_->snapshot()->ports.views.at(name); }
  // Of the only port of the kernel.
  std::map<std::string, std::string> groups() { return kernel().ports.begin()->second.ana_groups; }
  std::string group_of(const std::string& name) {
    return attribute(kernel().subsystems.at(name).namespaces.at("1").attributes, "ana_grpid");
  }
  void given_port_of_others() {
    ASSERT_TRUE(kernel_.mkdir("ports/7"));
    for (const auto& [name, value] : Attributes{{"addr_trtype", "tcp"},
                                                {"addr_adrfam", "ipv4"},
                                                {"addr_traddr", "10.0.0.1"},
                                                {"addr_trsvcid", "4420"}})
      ASSERT_TRUE(kernel_.write("ports/7/" + name, value));
  }
};

using Groups = std::map<std::string, std::string>;

TEST_F(AnaTest, AreThereWithTheNamespacesThatNameThem) {
  serve("toto");
  EXPECT_EQ(groups(), (Groups{{"1", "optimized"}}));
  ASSERT_EQ(move("toto", 2), 0) << last_.message;
  EXPECT_EQ(group_of("toto"), "2");
  EXPECT_EQ(groups(), (Groups{{"1", "optimized"}, {"2", "optimized"}}));
  ASSERT_EQ(move("toto", 3), 0);
  EXPECT_EQ(groups(), (Groups{{"1", "optimized"}, {"3", "optimized"}}));
  EXPECT_EQ(status("toto").state, State::enabled);
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(AnaTest, ChangeUnderHosts) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.h", "toto", at("10.0.0.1"), "10.0.0.9"));
  ASSERT_EQ(move("toto", 2), 0) << last_.message;
  ASSERT_EQ(set(2, AnaState::inaccessible), 0) << last_.message;
  EXPECT_EQ(groups().at("2"), "inaccessible");
  EXPECT_EQ(kernel_.controllers().size(), 1U);
}

TEST_F(AnaTest, ComeUpInTheStateThatWasWrittenBefore) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(move("toto", 2), 0);
  ASSERT_EQ(set(2, AnaState::non_optimized), 0);
  EXPECT_EQ(kernel(), Target{});
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(groups(), (Groups{{"1", "optimized"}, {"2", "non-optimized"}}));
}

TEST_F(AnaTest, HaveTheirStatesBeforeANamespaceComes) {
  serve("toto");
  ASSERT_EQ(set(2, AnaState::non_optimized), 0);
  EXPECT_EQ(groups(), (Groups{{"1", "optimized"}}));
  ASSERT_EQ(move("toto", 2), 0);
  EXPECT_EQ(groups().at("2"), "non-optimized");
}

TEST_F(AnaTest, HaveAStateOfTheirOwnAtEachAddress) {
  serve("toto", "/dev/a", "tcp://10.0.0.1\ntcp://10.0.0.2");
  ASSERT_EQ(set(1, AnaState::inaccessible), 0);
  EXPECT_EQ(port_view().ana_state(1), AnaState::inaccessible);
  EXPECT_EQ(port_view("tcp:10.0.0.2:4420").ana_state(1), AnaState::optimized);
  for (const auto& [id, there] : kernel().ports)
    EXPECT_EQ(there.ana_groups.at("1"), attribute(there.attributes, "addr_traddr") == "10.0.0.1"
                                            ? "inaccessible"
                                            : "optimized");
}

TEST_F(AnaTest, AreAtAnAddressBeforeItIsServed) {
  serve("toto");
  ASSERT_EQ(move("toto", 2), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.2", true), 0) << last_.message;
  for (const auto& [id, there] : kernel().ports)
    EXPECT_EQ(there.ana_groups, (Groups{{"1", "optimized"}, {"2", "optimized"}})) << id;
}

TEST_F(AnaTest, AreTheSameAfterARestart) {
  serve("toto");
  ASSERT_EQ(move("toto", 2), 0);
  ASSERT_EQ(set(2, AnaState::non_optimized), 0);
  const auto before = kernel();
  start();
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_EQ(view("toto").wanted.first().ana_group, 2U);
  EXPECT_EQ(port_view().ana_state(2), AnaState::non_optimized);
}

TEST_F(AnaTest, AreListedWhereTheyAreUsedOrSet) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(move("toto", 2), 0);
  ASSERT_EQ(set(7, AnaState::change), 0);
  EXPECT_EQ(port_view().ana_groups,
            (std::map<AnaGroup, AnaState>{
                {1, AnaState::optimized}, {2, AnaState::optimized}, {7, AnaState::change}}));
  ASSERT_EQ(set(7, AnaState::optimized), 0);
  EXPECT_FALSE(port_view().ana_groups.contains(7));
  EXPECT_TRUE(store_.state().ports.empty());
}

TEST_F(AnaTest, AreForgottenWithTheLastExportThatNamesTheAddress) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(set(2, AnaState::change), 0);
  ASSERT_EQ(remove("toto"), 0);
  EXPECT_TRUE(store_.state().ports.empty());
}

TEST_F(AnaTest, StayForOtherExportsThatAreInThem) {
  serve("toto");
  serve("titi", "/dev/b");
  ASSERT_EQ(move("toto", 2), 0);
  ASSERT_EQ(move("titi", 2), 0);
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_TRUE(groups().contains("2"));
  ASSERT_EQ(move("titi", 1), 0);
  EXPECT_FALSE(groups().contains("2"));
}

TEST_F(AnaTest, ThatTheKernelRefusesLeaveEverythingAsItWas) {
  serve("toto");
  const auto before = kernel();
  for (std::size_t step = 0; step < 3; ++step) {
    backend_.refuse_step(step, ENOMEM);
    EXPECT_EQ(move("toto", 2), ENOMEM) << step;
    EXPECT_EQ(kernel(), before) << step;
    EXPECT_EQ(view("toto").wanted.first().ana_group, first_ana_group) << step;
  }
  backend_.refuse_step(0, EIO);
  EXPECT_EQ(set(1, AnaState::change), EIO);
  EXPECT_EQ(kernel(), before);
  EXPECT_TRUE(store_.state().ports.empty());
}

TEST_F(AnaTest, ThatCannotBeSavedStayAsTheyWere) {
  serve("toto");
  const auto before = kernel();
  store_.fail_with(ENOSPC);
  EXPECT_EQ(set(1, AnaState::change), ENOSPC);
  EXPECT_EQ(move("toto", 2), ENOSPC);
  store_.fail_with(0);
  EXPECT_EQ(kernel(), before);
}

TEST_F(AnaTest, OfOthersAreNotChanged) {
  ASSERT_NO_FATAL_FAILURE(given_port_of_others());
  serve("toto");
  const auto before = groups();
  EXPECT_EQ(set(1, AnaState::change), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
  EXPECT_EQ(set(1, AnaState::optimized), 0);
  EXPECT_EQ(groups(), before);
  EXPECT_TRUE(store_.state().ports.empty());
}

TEST_F(AnaTest, ThatAPortOfOthersHasNotAreNotNamedThere) {
  ASSERT_NO_FATAL_FAILURE(given_port_of_others());
  serve("toto");
  const auto before = kernel();
  EXPECT_EQ(move("toto", 2), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
  EXPECT_THAT(last_.message, HasSubstr("it has no ANA group 2"));
  EXPECT_EQ(kernel(), before);
  ASSERT_TRUE(kernel_.mkdir("ports/7/ana_groups/2"));
  EXPECT_EQ(move("toto", 2), 0) << last_.message;
  EXPECT_EQ(groups().at("2"), "inaccessible");
}

TEST_F(AnaTest, OfForeignExportsAreTakenOverAsTheyAre) {
  serve("toto");
  ASSERT_EQ(move("toto", 2), 0);
  start_without_state();
  ASSERT_TRUE(view("toto").foreign);
  EXPECT_EQ(view("toto").wanted.first().ana_group, 2U);
  const auto before = kernel();
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_FALSE(view("toto").foreign);
  EXPECT_EQ(kernel(), before);
}

TEST_F(AnaTest, ChangedByOthersAreDrift) {
  serve("toto");
  ASSERT_TRUE(kernel_.write("ports/1/ana_groups/1/ana_state", "change"));
  EXPECT_TRUE(becomes("toto", State::drifted));
  EXPECT_THAT(status("toto").detail, HasSubstr("ana_state should be optimized"));
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(groups().at("1"), "optimized");
}

TEST_F(AnaTest, AreNotedWhereNoAddressLeadsToTheDisk) {
  serve("toto", "/dev/a", "tcp://10.0.0.1\ntcp://10.0.0.2");
  ASSERT_EQ(set(1, AnaState::inaccessible), 0);
  EXPECT_EQ(status("toto").note, "");
  ASSERT_EQ(set(1, AnaState::change, "tcp:10.0.0.2:4420"), 0);
  EXPECT_THAT(status("toto").note, HasSubstr("namespace 1 now, as its ANA group 1 is change or "
                                             "inaccessible there"));
  EXPECT_EQ(status("toto").state, State::enabled);
  ASSERT_EQ(set(1, AnaState::non_optimized), 0);
  EXPECT_EQ(status("toto").note, "");
}

// While another export's step waits in the kernel no port is removed; one is used as ever.
TEST_F(AnaTest, ComeWhileAnotherExportWaits) {
  serve("toto");
  serve("titi", "/dev/b");
  backend_.hold_first(Verb::remove_item);
  auto waiting = submit("titi", "enabled", SetEnabled{false, true});
  ASSERT_TRUE(backend_.wait_until_held());
  EXPECT_EQ(move("toto", 2), 0) << last_.message;
  EXPECT_EQ(groups().at("2"), "optimized");
  backend_.let_go();
  EXPECT_TRUE(waiting.get());
  EXPECT_EQ(status("toto").state, State::enabled);
}

}  // namespace
}  // namespace nvmeofs
