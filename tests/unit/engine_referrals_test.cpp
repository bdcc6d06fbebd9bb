// Referrals of ports: other discovery controllers, of which hosts are told there.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

constexpr const char* port = "tcp:10.0.0.1:4420";

class ReferralsTest : public EngineTest {
 protected:
  int ask_port(const std::string& file, Intent intent, std::uint64_t referral = 0) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    engine_->submit({.caller = caller_,
                     .name = port,
                     .serial = engine_->snapshot()->ports.views.at(port).serial,
                     .file = "referrals/" + file,
                     .value = "…",
                     .intent = std::move(intent),
                     .about = About::a_port,
                     .space = referral},
                    [promise](Result<void> result) { promise->set_value(std::move(result)); });
    const auto result = promise->get_future().get();
    last_ = result ? Error{} : result.error();
    return last_.errnum;
  }
  int add(const std::string& name) { return ask_port(name, MakeReferral{name}); }
  int drop(const std::string& name) { return ask_port(name, RemoveReferral{name}); }
  int lead(const std::string& name, const char* to) {
    return ask_port(name + "/address",
                    SetReferralAddress{name, TransportAddress::parse(to, Trtype::tcp).value()});
  }
  int turn(const std::string& name, bool on) {
    return ask_port(name + "/enabled", SetReferralEnabled{name, on});
  }
  void given(const std::string& name, const char* to) {
    ASSERT_EQ(add(name), 0) << last_.message;
    ASSERT_EQ(lead(name, to), 0) << last_.message;
    ASSERT_EQ(turn(name, true), 0) << last_.message;
  }

  ReferralView shown(const std::string& name) {
    return engine_->snapshot()->ports.views.at(port).referrals.at(name);
  }
  // Of the only port of the kernel: where its enabled referrals lead to, by their names.
  std::map<std::string, std::string> in_kernel() {
    std::map<std::string, std::string> all;
    for (const auto& [id, there] : kernel().ports)
      for (const auto& [name, referral] : there.referrals)
        all[name] = referral.enabled ? attribute(referral.attributes, "addr_traddr") : "disabled";
    return all;
  }
};

using Led = std::map<std::string, std::string>;

TEST_F(ReferralsTest, ComeAndGoWhileSomethingIsServed) {
  serve("toto");
  ASSERT_TRUE(kernel_.connect("nqn.h", "toto", at("10.0.0.1"), "10.0.0.9"));
  const auto before = kernel();
  ASSERT_EQ(add("other"), 0);
  ASSERT_EQ(lead("other", "tcp://10.9.9.9:8009"), 0);
  EXPECT_EQ(kernel(), before);
  ASSERT_EQ(turn("other", true), 0) << last_.message;
  EXPECT_EQ(in_kernel(), (Led{{"other", "10.9.9.9"}}));
  EXPECT_EQ(status("toto").state, State::enabled);
  ASSERT_EQ(turn("other", false), 0);
  EXPECT_EQ(kernel(), before);
  ASSERT_EQ(drop("other"), 0);
  EXPECT_TRUE(store_.state().ports.empty());
  EXPECT_EQ(kernel_.controllers().size(), 1U);
}

TEST_F(ReferralsTest, LeadElsewhereWhileTheyAreEnabled) {
  serve("toto");
  given("other", "tcp://10.9.9.9:8009");
  ASSERT_EQ(lead("other", "rdma://10.9.9.8"), 0) << last_.message;
  EXPECT_EQ(in_kernel(), (Led{{"other", "10.9.9.8"}}));
  EXPECT_EQ(
      attribute(kernel().ports.begin()->second.referrals.at("other").attributes, "addr_trtype"),
      "rdma");
}

TEST_F(ReferralsTest, ComeUpAndGoWithThePort) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  given("other", "tcp://10.9.9.9:8009");
  EXPECT_EQ(kernel(), Target{});
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(in_kernel(), (Led{{"other", "10.9.9.9"}}));
  ASSERT_EQ(disable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(ReferralsTest, AreTheSameAfterARestart) {
  serve("toto");
  given("other", "tcp://10.9.9.9:8009");
  ASSERT_EQ(add("draft"), 0);
  const auto before = kernel();
  start();
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_TRUE(shown("other").wanted.enabled);
  EXPECT_EQ(shown("other").wanted.address, at("10.9.9.9:8009"));
  EXPECT_FALSE(shown("draft").wanted.address);
}

TEST_F(ReferralsTest, AreNotEnabledWithoutAnAddress) {
  serve("toto");
  ASSERT_EQ(add("other"), 0);
  EXPECT_EQ(turn("other", true), EINVAL);
  EXPECT_EQ(last_.reason, Reason::incomplete);
}

TEST_F(ReferralsTest, ThatAreEnabledAreNotRemovedNorCleared) {
  serve("toto");
  given("other", "tcp://10.9.9.9:8009");
  EXPECT_EQ(drop("other"), EBUSY);
  EXPECT_EQ(ask_port("other/address", SetReferralAddress{"other", std::nullopt}), EBUSY);
  EXPECT_EQ(in_kernel(), (Led{{"other", "10.9.9.9"}}));
  ASSERT_EQ(turn("other", false), 0);
  EXPECT_EQ(ask_port("other/address", SetReferralAddress{"other", std::nullopt}), 0);
  EXPECT_EQ(drop("other"), 0);
}

TEST_F(ReferralsTest, DoNotLeadBackToTheirPort) {
  serve("toto");
  ASSERT_EQ(add("other"), 0);
  EXPECT_EQ(lead("other", "tcp://10.0.0.1:4420"), EINVAL);
  EXPECT_EQ(lead("other", "tcp://10.0.0.1:8009"), 0);
}

TEST_F(ReferralsTest, AreMadeOnceAndRemovedOnce) {
  serve("toto");
  ASSERT_EQ(add("other"), 0);
  EXPECT_EQ(add("other"), EEXIST);
  ASSERT_EQ(drop("other"), 0);
  EXPECT_EQ(drop("other"), ENOENT);
  EXPECT_EQ(engine_->snapshot()->log.back().what, "rmdir ports/tcp:10.0.0.1:4420/referrals/other");
}

TEST_F(ReferralsTest, ThatWereMadeAnewAreOthers) {
  serve("toto");
  ASSERT_EQ(add("other"), 0);
  const auto first = shown("other").serial;
  ASSERT_EQ(drop("other"), 0);
  ASSERT_EQ(add("other"), 0);
  EXPECT_NE(shown("other").serial, first);
  EXPECT_EQ(ask_port("other/enabled", SetReferralEnabled{"other", false}, first), ESTALE);
}

TEST_F(ReferralsTest, ThatTheKernelRefusesLeaveEverythingAsItWas) {
  serve("toto");
  ASSERT_EQ(add("other"), 0);
  ASSERT_EQ(lead("other", "tcp://10.9.9.9:8009"), 0);
  const auto before = kernel();
  for (std::size_t step = 0; step < 6; ++step) {
    backend_.refuse_step(step, ENOMEM);
    EXPECT_EQ(turn("other", true), ENOMEM) << step;
    EXPECT_EQ(kernel(), before) << step;
    EXPECT_FALSE(shown("other").wanted.enabled) << step;
  }
  ASSERT_EQ(turn("other", true), 0);
  const auto enabled = kernel();
  for (std::size_t step = 0; step < 3; ++step) {
    backend_.refuse_step(step, ENOMEM);
    EXPECT_EQ(lead("other", "tcp://10.9.9.8:8009"), ENOMEM) << step;
    EXPECT_EQ(kernel(), enabled) << step;
  }
}

TEST_F(ReferralsTest, ThatCannotBeSavedStayAsTheyWere) {
  serve("toto");
  given("other", "tcp://10.9.9.9:8009");
  const auto before = kernel();
  store_.fail_with(ENOSPC);
  EXPECT_EQ(turn("other", false), ENOSPC);
  EXPECT_EQ(add("more"), ENOSPC);
  store_.fail_with(0);
  EXPECT_EQ(kernel(), before);
  EXPECT_TRUE(shown("other").wanted.enabled);
}

// A port of ours at which somebody has made one too.
TEST_F(ReferralsTest, OfOthersAtAPortOfOursStay) {
  serve("toto");
  ASSERT_TRUE(kernel_.mkdir("ports/1/referrals/theirs"));
  ASSERT_TRUE(kernel_.write("ports/1/referrals/theirs/enable", "1"));
  ASSERT_TRUE(eventually([&] { return status("toto").state == State::enabled; }));
  EXPECT_EQ(add("theirs"), EEXIST);
  EXPECT_EQ(last_.reason, Reason::foreign);
  given("other", "tcp://10.9.9.9:8009");
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_TRUE(in_kernel().contains("theirs"));
  ASSERT_EQ(disable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(ReferralsTest, AreNotGivenToPortsOfOthers) {
  ASSERT_TRUE(kernel_.mkdir("ports/7"));
  for (const auto& [name, value] : Attributes{{"addr_trtype", "tcp"},
                                              {"addr_adrfam", "ipv4"},
                                              {"addr_traddr", "10.0.0.1"},
                                              {"addr_trsvcid", "4420"}})
    ASSERT_TRUE(kernel_.write("ports/7/" + name, value));
  ASSERT_TRUE(kernel_.mkdir("ports/7/referrals/theirs"));
  serve("toto");
  ASSERT_EQ(add("other"), 0);
  ASSERT_EQ(lead("other", "tcp://10.9.9.9"), 0);
  EXPECT_EQ(turn("other", true), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
  EXPECT_EQ(in_kernel(), (Led{{"theirs", "disabled"}}));
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_EQ(in_kernel(), (Led{{"theirs", "disabled"}}));
}

TEST_F(ReferralsTest, ChangedByOthersAreDrift) {
  serve("toto");
  given("other", "tcp://10.9.9.9:8009");
  ASSERT_TRUE(kernel_.write("ports/1/referrals/other/enable", "0"));
  EXPECT_TRUE(becomes("toto", State::drifted));
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(in_kernel(), (Led{{"other", "10.9.9.9"}}));
}

TEST_F(ReferralsTest, AreForgottenWithTheLastExportThatNamesTheAddress) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  given("other", "tcp://10.9.9.9:8009");
  ASSERT_EQ(remove("toto"), 0);
  EXPECT_TRUE(store_.state().ports.empty());
  EXPECT_TRUE(engine_->snapshot()->ports.referrals.empty());
}

}  // namespace
}  // namespace nvmeofs
