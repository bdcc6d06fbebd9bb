// The addresses in use, and what is set beside them.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

constexpr const char* port = "tcp:10.0.0.1:4420";

class PortsTest : public EngineTest {
 protected:
  int set(const std::string& setting, std::optional<std::string> value) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    const auto ports = engine_->snapshot()->ports;
    const auto found = ports.views.find(port);
    engine_->submit({.caller = caller_,
                     .name = port,
                     .serial = found != ports.views.end() ? found->second.serial : 0,
                     .file = setting,
                     .value = value.value_or(""),
                     .intent = Intent(SetPortSetting{setting, value}),
                     .about = About::a_port},
                    [promise](Result<void> result) { promise->set_value(std::move(result)); });
    const auto result = promise->get_future().get();
    last_ = result ? Error{} : result.error();
    return last_.errnum;
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& [name, view] : engine_->snapshot()->ports.views) all.push_back(name);
    return all;
  }
  PortView port_view() { return engine_->snapshot()->ports.views.at(port); }
  std::string kernel_has(const std::string& name) {
    for (const auto& [id, there] : kernel().ports) return attribute(there.attributes, name);
    return "no port";
  }
};

TEST_F(PortsTest, AreTheAddressesThatExportsName) {
  EXPECT_THAT(names(), testing::IsEmpty());
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1\nrdma://10.0.0.1"), 0);
  EXPECT_THAT(names(), testing::ElementsAre("rdma:10.0.0.1:4420", port));
  ASSERT_EQ(make("titi"), 0);
  ASSERT_EQ(address("titi", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(remove("toto"), 0);
  EXPECT_THAT(names(), testing::ElementsAre(port));
  ASSERT_EQ(remove("titi"), 0);
  EXPECT_THAT(names(), testing::IsEmpty());
}

TEST_F(PortsTest, SayWhatTheKernelServesThere) {
  serve("toto");
  ASSERT_EQ(make("titi"), 0);
  ASSERT_EQ(address("titi", "tcp://10.0.0.1"), 0);
  EXPECT_THAT(port_view().exports, testing::ElementsAre("toto"));
}

TEST_F(PortsTest, ComeUpWithWhatIsSet) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(set("inline_data_size", "8192"), 0) << last_.message;
  EXPECT_EQ(kernel(), Target{});
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel_has("param_inline_data_size"), "8192");
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(PortsTest, KeepWhatIsSetOverARestart) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(set("max_queue_size", "64"), 0);
  start();
  EXPECT_EQ(port_view().wanted.settings, (PortSettings{{"max_queue_size", "64"}}));
}

TEST_F(PortsTest, LeaveToTheKernelAgainWhatIsCleared) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(set("inline_data_size", "8192"), 0);
  ASSERT_EQ(set("inline_data_size", std::nullopt), 0);
  EXPECT_TRUE(store_.state().ports.empty());
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(kernel_has("param_inline_data_size"), "16384");
}

TEST_F(PortsTest, ComeUpWithTls) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(set("tsas", "tls1.3"), 0) << last_.message;
  EXPECT_EQ(set("treq", "not specified"), EINVAL);
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel_has("addr_tsas"), "tls1.3");
  EXPECT_EQ(kernel_has("addr_treq"), "required");
  EXPECT_EQ(status("toto").state, State::enabled);
}

// Writing addr_tsas takes addr_treq back.
TEST_F(PortsTest, ComeUpWithWhatIsAskedOfHostsWithoutTls) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(set("treq", "required"), 0);
  ASSERT_EQ(set("tsas", "none"), 0);
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel_has("addr_treq"), "required");
}

TEST_F(PortsTest, HaveNoTlsWithoutTlshd) {
  kernel_.edit_machine([](SimMachine& machine) { machine.tlshd = false; });
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  EXPECT_EQ(set("tsas", "tls1.3"), ESRCH);
  EXPECT_EQ(last_.reason, Reason::no_tls);
  EXPECT_TRUE(store_.state().ports.empty());
  EXPECT_EQ(set("tsas", "none"), 0);
}

TEST_F(PortsTest, WithTlsDoNotComeUpWhenTlshdHasEnded) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(set("tsas", "tls1.3"), 0);
  kernel_.edit_machine([](SimMachine& machine) { machine.tlshd = false; });
  EXPECT_EQ(enable("toto"), ESRCH);
  EXPECT_EQ(kernel(), Target{});
}

// It may come up later than we do, and hosts try again.
TEST_F(PortsTest, WithTlsComeUpAfterARebootWithoutTlshd) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(set("tsas", "tls1.3"), 0);
  ASSERT_EQ(enable("toto"), 0);
  kernel_.edit_machine([](SimMachine& machine) { machine.tlshd = false; });
  reboot();
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_EQ(kernel_has("addr_tsas"), "tls1.3");
}

TEST_F(PortsTest, AreNotChangedWhileSomethingIsServedThere) {
  serve("toto");
  const auto before = kernel();
  EXPECT_EQ(set("inline_data_size", "8192"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::still_enabled);
  EXPECT_THAT(last_.message, HasSubstr("toto is; write 0 to enabled first"));
  EXPECT_EQ(kernel(), before);
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_EQ(set("inline_data_size", "8192"), 0);
}

TEST_F(PortsTest, TakeWhatIsThereAlreadyWhileSomethingIsServedThere) {
  serve("toto");
  EXPECT_EQ(set("inline_data_size", "16384"), 0);
  EXPECT_TRUE(store_.state().ports.empty());
}

TEST_F(PortsTest, OfOthersAreNotChanged) {
  ASSERT_TRUE(kernel_.mkdir("ports/7"));
  for (const auto& [name, value] : Attributes{{"addr_trtype", "tcp"},
                                              {"addr_adrfam", "ipv4"},
                                              {"addr_traddr", "10.0.0.1"},
                                              {"addr_trsvcid", "4420"}})
    ASSERT_TRUE(kernel_.write("ports/7/" + name, value));
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  EXPECT_EQ(set("inline_data_size", "8192"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
}

class PortOfOthers : public PortsTest {
 protected:
  void SetUp() override {
    PortsTest::SetUp();
    ASSERT_TRUE(kernel_.mkdir("ports/7"));
    put("addr_trtype", "tcp");
    put("addr_adrfam", "ipv4");
    put("addr_traddr", "10.0.0.1");
    put("addr_trsvcid", "4420");
    ASSERT_EQ(make("toto"), 0);
    ASSERT_EQ(device("toto", "/dev/a"), 0);
    ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  }
  void put(const std::string& name, const std::string& value) {
    ASSERT_TRUE(kernel_.write("ports/7/" + name, value)) << name;
  }
};

TEST_F(PortOfOthers, ServesWithTheTlsThatIsKeptHereToo) {
  put("addr_tsas", "tls1.3");
  EXPECT_EQ(enable("toto"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
  ASSERT_EQ(set("tsas", "tls1.3"), 0) << last_.message;
  EXPECT_EQ(store_.state().ports.begin()->second.settings.at("tsas"), "tls1.3");
  EXPECT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(set("tsas", std::nullopt), EBUSY);
  EXPECT_EQ(set("tsas", "none"), EBUSY);
}

TEST_F(PortOfOthers, DoesNotServeWithoutTheTlsThatIsSet) {
  put("addr_tsas", "tls1.3");
  ASSERT_EQ(set("tsas", "tls1.3"), 0) << last_.message;
  put("addr_tsas", "none");
  const auto before = kernel();
  EXPECT_EQ(enable("toto"), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("with 'none' in tsas"));
  EXPECT_EQ(kernel(), before);
  ASSERT_EQ(set("tsas", "none"), 0) << last_.message;
  EXPECT_EQ(enable("toto"), 0) << last_.message;
}

TEST_F(PortOfOthers, DoesNotLetInWithoutTlsWhomOursWouldNot) {
  put("addr_tsas", "tls1.3");
  put("addr_treq", "not required");
  ASSERT_EQ(set("tsas", "tls1.3"), 0) << last_.message;
  EXPECT_EQ(enable("toto"), EBUSY);
  ASSERT_EQ(set("treq", "not required"), 0) << last_.message;
  EXPECT_EQ(enable("toto"), 0) << last_.message;
}

TEST_F(PortsTest, OfASubsystemThatIsGoneAreGoneWithIt) {
  serve("toto");
  start_without_state();
  ASSERT_TRUE(view("toto").foreign);
  backend_.before_next_look([this] {
    for (const auto& step : make_plan(kernel(), Target{})) EXPECT_TRUE(sim_.perform(step));
  });
  EXPECT_EQ(set("inline_data_size", "8192"), ESTALE);
  EXPECT_TRUE(store_.state().ports.empty());
}

TEST_F(PortsTest, RefuseWhatTheTransportDoesNotTake) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  EXPECT_EQ(set("pi_enable", "1"), EINVAL);
  EXPECT_EQ(engine_->snapshot()->log.back().what, "ports/tcp:10.0.0.1:4420/pi_enable = 1");
}

TEST_F(PortsTest, ForgetWhatWasSetWithTheLastExportThatNamesThem) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(set("inline_data_size", "8192"), 0);
  ASSERT_EQ(remove("toto"), 0);
  EXPECT_TRUE(store_.state().ports.empty());
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  EXPECT_TRUE(port_view().wanted.settings.empty());
}

TEST_F(PortsTest, ThatCannotBeSavedStayAsTheyWere) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  store_.fail_with(ENOSPC);
  EXPECT_EQ(set("inline_data_size", "8192"), ENOSPC);
  EXPECT_TRUE(port_view().wanted.settings.empty());
  store_.fail_with(0);
}

// What one that others use has is theirs too.
TEST_F(PortsTest, StayAsTheyAreWhenAnotherExportComes) {
  serve("toto");
  const auto before = kernel().ports;
  serve("titi", "/dev/b");
  EXPECT_EQ(kernel().ports.begin()->second.attributes, before.begin()->second.attributes);
}

}  // namespace
}  // namespace nvmeofs
