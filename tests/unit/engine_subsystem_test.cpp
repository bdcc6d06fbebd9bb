// What a subsystem says of itself.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

class SubsystemTest : public EngineTest {
 protected:
  int set(const std::string& setting, std::optional<std::string> value) {
    return ask("toto", "subsystem/" + setting, SetSubsystemSetting{setting, std::move(value)});
  }
  std::string kernel_has(const std::string& name) {
    return attribute(kernel().subsystems.at("toto").attributes, name);
  }
};

TEST_F(SubsystemTest, IsMadeWithWhatIsSet) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(set("serial", "BOX1"), 0);
  ASSERT_EQ(set("model", "Disk of ours"), 0);
  ASSERT_EQ(set("version", "2.0"), 0);
  ASSERT_EQ(set("qid_max", "4"), 0);
  EXPECT_EQ(kernel(), Target{});
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel_has("attr_serial"), "BOX1");
  EXPECT_EQ(kernel_has("attr_model"), "Disk of ours");
  EXPECT_EQ(kernel_has("attr_version"), "2.0");
  EXPECT_EQ(kernel_has("attr_qid_max"), "4");
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(SubsystemTest, DoesNotChangeWhatTheKernelFreezes) {
  serve("toto");
  const auto before = kernel();
  for (const char* setting : {"serial", "model", "firmware", "ieee_oui", "version"}) {
    EXPECT_EQ(set(setting, "1.1"), EBUSY) << setting;
    EXPECT_THAT(last_.message, HasSubstr("write 0 to enabled first"));
  }
  EXPECT_EQ(kernel(), before);
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(set("firmware", "1.1"), 0);
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(kernel_has("attr_firmware"), "1.1");
}

TEST_F(SubsystemTest, ChangesTheRestUnderHosts) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.h", "toto", at("10.0.0.1"), "10.0.0.9"));
  EXPECT_EQ(set("cntlid_min", "100"), 0) << last_.message;
  EXPECT_EQ(set("pi_enable", "1"), 0) << last_.message;
  EXPECT_EQ(kernel_has("attr_cntlid_min"), "100");
  EXPECT_EQ(kernel_.controllers().size(), 1U);
}

TEST_F(SubsystemTest, DoesNotChangeTheNumberOfQueuesUnderHosts) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.h", "toto", at("10.0.0.1"), "10.0.0.9"));
  EXPECT_EQ(set("qid_max", "4"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::hosts_connected);
  EXPECT_EQ(kernel_has("attr_qid_max"), "128");
  ASSERT_TRUE(kernel_.disconnect("nqn.h", "toto"));
  EXPECT_EQ(set("qid_max", "4"), 0);
}

TEST_F(SubsystemTest, MovesTheRangeOfControllerIdsInTheOrderThatTheKernelTakes) {
  serve("toto");
  ASSERT_EQ(set("cntlid_min", "300"), 0);
  ASSERT_EQ(set("cntlid_max", "400"), 0);
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(set("cntlid_min", "100"), 0);
  ASSERT_EQ(set("cntlid_max", "200"), 0);
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(set("cntlid_max", "99"), EINVAL);
  EXPECT_THAT(last_.message, HasSubstr("no controller id is left from 100 to 99"));
}

TEST_F(SubsystemTest, LeavesToTheKernelAgainWhatIsCleared) {
  serve("toto");
  ASSERT_EQ(set("cntlid_min", "100"), 0);
  EXPECT_EQ(set("cntlid_min", std::nullopt), EBUSY);
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(set("cntlid_min", std::nullopt), 0);
  EXPECT_TRUE(store_.state().exports.at("toto").wanted.settings.empty());
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(kernel_has("attr_cntlid_min"), "1");
}

TEST_F(SubsystemTest, AlwaysHasASerialNumberAndAModel) {
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(set("serial", std::nullopt), EINVAL);
  EXPECT_EQ(set("model", std::nullopt), EINVAL);
}

TEST_F(SubsystemTest, HasNoSerialNumberOfAnother) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(make("titi"), 0);
  ASSERT_EQ(set("serial", "BOX1"), 0);
  EXPECT_EQ(ask("titi", "subsystem/serial", SetSubsystemSetting{"serial", "BOX1"}), EEXIST);
  EXPECT_EQ(last_.reason, Reason::identity_taken);
  EXPECT_EQ(set("serial", "BOX1"), 0);
}

TEST_F(SubsystemTest, IsTheSameAfterARestart) {
  serve("toto");
  ASSERT_EQ(set("cntlid_min", "100"), 0);
  const auto before = kernel();
  start();
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(view("toto").wanted.settings, (SubsystemSettings{{"attr_cntlid_min", "100"}}));
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(SubsystemTest, ThatIsAdoptedKeepsWhatSomebodyHasChosen) {
  serve("toto");
  ASSERT_TRUE(kernel_.write("subsystems/toto/attr_cntlid_min", "100"));
  start_without_state();
  ASSERT_EQ(view("toto").foreign, true);
  EXPECT_EQ(view("toto").wanted.settings, (SubsystemSettings{{"attr_cntlid_min", "100"}}));
  ASSERT_EQ(disable("toto"), 0) << last_.message;
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel_has("attr_cntlid_min"), "100");
}

TEST_F(SubsystemTest, ThatSomebodyChangesHasDrifted) {
  serve("toto");
  ASSERT_EQ(set("cntlid_min", "100"), 0);
  ASSERT_TRUE(kernel_.write("subsystems/toto/attr_cntlid_min", "7"));
  EXPECT_TRUE(becomes("toto", State::drifted));
  EXPECT_THAT(status("toto").detail, HasSubstr("attr_cntlid_min should be 100"));
}

}  // namespace
}  // namespace nvmeofs
