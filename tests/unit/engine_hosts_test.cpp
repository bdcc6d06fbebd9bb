// The hosts that exports name, and their keys.
#include <sstream>

#include "engine_fixture.h"

namespace nvmeofs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Not;

constexpr const char* host = "nqn.host";
constexpr const char* key_32 = "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
constexpr const char* other_key = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";

class HostsTest : public EngineTest {
 protected:
  int ask_host(const std::string& name, const std::string& file, Intent intent) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    const auto snapshot = engine_->snapshot();
    const auto found = snapshot->hosts.views.find(name);
    engine_->submit(
        {.caller = caller_,
         .name = name,
         .serial = file.empty() || found == snapshot->hosts.views.end() ? 0 : found->second.serial,
         .file = file,
         .value = "…",
         .intent = std::move(intent),
         .about = About::a_host},
        [promise](Result<void> result) { promise->set_value(std::move(result)); });
    const auto result = promise->get_future().get();
    last_ = result ? Error{} : result.error();
    return last_.errnum;
  }
  int make_host(const std::string& name = host) { return ask_host(name, "", MakeHost{}); }
  int remove_host(const std::string& name = host) { return ask_host(name, "", RemoveHost{}); }
  int set(const std::string& setting, const std::string& value) {
    return ask_host(host, setting, SetHostSetting{setting, Secret(value)});
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& [name, view] : engine_->snapshot()->hosts.views) all.push_back(name);
    return all;
  }
  HostView host_view() { return engine_->snapshot()->hosts.views.at(host); }
  // Of the kernel's host; "none" without one.
  std::string kernel_key(const std::string& name = "dhchap_key") {
    const auto hosts = kernel().hosts;
    const auto there = hosts.find(host);
    if (there == hosts.end()) return "no host";
    const auto key = there->second.keys.find(name);
    return key != there->second.keys.end() ? key->second.reveal() : "none";
  }
  std::string kernel_has(const std::string& name) {
    return attribute(kernel().hosts.at(host).attributes, name);
  }
  std::string plan_text() {
    std::string text;
    const auto plan = engine_->plan(view("toto").serial).value();
    for (const auto& step : plan) text += shell_command(step, "/cfg") + "\n";
    return text;
  }
  // An export that names the host, up.
  void serve_host() {
    ASSERT_EQ(make("toto"), 0);
    ASSERT_EQ(device("toto", "/dev/a"), 0);
    ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
    ASSERT_EQ(hosts("toto", host), 0);
    ASSERT_EQ(enable("toto"), 0) << last_.message;
  }
  void draft_with_key(const char* key) {
    ASSERT_EQ(make("toto"), 0);
    ASSERT_EQ(device("toto", "/dev/a"), 0);
    ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
    ASSERT_EQ(hosts("toto", host), 0);
    ASSERT_EQ(set("dhchap_key", key), 0) << last_.message;
  }
};

TEST_F(HostsTest, AreThoseThatExportsName) {
  EXPECT_THAT(names(), IsEmpty());
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(hosts("toto", "nqn.a\nnqn.b"), 0);
  EXPECT_THAT(names(), ElementsAre("nqn.a", "nqn.b"));
  EXPECT_THAT(engine_->snapshot()->hosts.views.at("nqn.a").exports, ElementsAre("toto"));
  ASSERT_EQ(remove("toto"), 0);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(HostsTest, AreThoseThatWereMadeToo) {
  ASSERT_EQ(make_host(), 0);
  EXPECT_THAT(names(), ElementsAre(host));
  EXPECT_EQ(make_host(), EEXIST);
  EXPECT_EQ(kernel(), Target{});
  start();
  EXPECT_THAT(names(), ElementsAre(host));
  ASSERT_EQ(remove_host(), 0);
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_TRUE(store_.state().hosts.empty());
  EXPECT_EQ(remove_host(), ENOENT);
}

TEST_F(HostsTest, AreNoNamesThatNobodyConnectsAs) {
  EXPECT_EQ(make_host("a,b"), EINVAL);
  EXPECT_EQ(make_host("any"), EINVAL);
  EXPECT_EQ(make_host(std::string(223, 'a')), ENAMETOOLONG);
  EXPECT_TRUE(store_.state().hosts.empty());
}

TEST_F(HostsTest, HaveTheirKeyBeforeTheyMayConnect) {
  ASSERT_EQ(make_host(), 0);
  ASSERT_EQ(set("dhchap_key", key_32), 0) << last_.message;
  ASSERT_EQ(set("dhchap_ctrl_key", other_key), 0);
  ASSERT_EQ(set("dhchap_hash", "hmac(sha512)"), 0);
  ASSERT_EQ(set("dhchap_dhgroup", "ffdhe2048"), 0);
  EXPECT_EQ(kernel(), Target{});
  serve_host();
  EXPECT_EQ(kernel_key(), key_32);
  EXPECT_EQ(kernel_key("dhchap_ctrl_key"), other_key);
  EXPECT_EQ(kernel_has("dhchap_hash"), "hmac(sha512)");
  EXPECT_EQ(kernel_has("dhchap_dhgroup"), "ffdhe2048");
  EXPECT_EQ(status("toto").state, State::enabled);
  const auto performed = backend_.performed();
  const auto at = [&](Verb verb, const std::string& path) {
    return std::find_if(performed.begin(), performed.end(),
                        [&](const Step& step) { return step.verb == verb && step.path == path; });
  };
  const std::string path = std::string("hosts/") + host + "/dhchap_key";
  EXPECT_LT(at(Verb::protect, path), at(Verb::set_attribute, path));
  EXPECT_LT(at(Verb::set_attribute, path),
            at(Verb::make_link, std::string("subsystems/toto/allowed_hosts/") + host));
}

TEST_F(HostsTest, TakeAKeyWhileTheyAreServed) {
  serve_host();
  EXPECT_EQ(kernel_key(), "none");
  ASSERT_EQ(set("dhchap_key", key_32), 0) << last_.message;
  EXPECT_EQ(kernel_key(), key_32);
  ASSERT_EQ(set("dhchap_key", other_key), 0);
  EXPECT_EQ(kernel_key(), other_key);
  EXPECT_EQ(status("toto").state, State::enabled);
  ASSERT_EQ(set("dhchap_key", ""), 0);
  EXPECT_EQ(kernel_key(), "none");
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(HostsTest, HaveTheKernelsHashAgainWhenTheirsIsCleared) {
  serve_host();
  ASSERT_EQ(set("dhchap_hash", "hmac(sha512)"), 0);
  EXPECT_EQ(kernel_has("dhchap_hash"), "hmac(sha512)");
  ASSERT_EQ(set("dhchap_hash", ""), 0);
  EXPECT_EQ(kernel_has("dhchap_hash"), "hmac(sha256)");
}

TEST_F(HostsTest, KeepTheirKeyOverARestart) {
  serve_host();
  ASSERT_EQ(set("dhchap_key", key_32), 0);
  start();
  EXPECT_EQ(host_view().settings.keys.at("dhchap_key"), Secret(key_32));
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(HostsTest, HaveTheirKeyAfterAReboot) {
  serve_host();
  ASSERT_EQ(set("dhchap_key", key_32), 0);
  engine_.reset();
  const Target left = kernel();
  for (const auto& step : make_plan(left, Target{})) ASSERT_TRUE(backend_.perform(step));
  boot_id_ = "second";
  start();
  EXPECT_EQ(kernel_key(), key_32);
  EXPECT_EQ(status("toto").state, State::enabled);
}

// Killed between the save and the write.
TEST_F(HostsTest, AreGivenAtTheStartWhatWasSavedOnly) {
  serve_host();
  engine_.reset();
  StoredState state = store_.state();
  state.hosts[host].keys["dhchap_key"] = Secret(key_32);
  ASSERT_TRUE(store_.save(state));
  start();
  EXPECT_TRUE(eventually([&] { return kernel_key() == key_32; }));
}

TEST_F(HostsTest, KeepTheirKeyWhileNoExportNamesThem) {
  serve_host();
  ASSERT_EQ(set("dhchap_key", key_32), 0);
  ASSERT_EQ(hosts("toto", "any"), 0);
  EXPECT_TRUE(kernel().hosts.empty());
  EXPECT_THAT(names(), ElementsAre(host));
  ASSERT_EQ(hosts("toto", host), 0);
  EXPECT_EQ(kernel_key(), key_32);
}

TEST_F(HostsTest, AreNotRemovedWhileAnExportNamesThem) {
  serve_host();
  ASSERT_EQ(set("dhchap_key", key_32), 0);
  EXPECT_EQ(remove_host(), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("take it out of exports/toto/hosts first"));
  EXPECT_EQ(kernel_key(), key_32);
  EXPECT_EQ(host_view().settings.keys.size(), 1U);
}

TEST_F(HostsTest, ThatCannotBeSavedStayAsTheyWere) {
  serve_host();
  const auto before = kernel();
  store_.fail_with(ENOSPC);
  EXPECT_EQ(set("dhchap_key", key_32), ENOSPC);
  EXPECT_EQ(make_host("nqn.other"), ENOSPC);
  EXPECT_EQ(kernel(), before);
  EXPECT_EQ(host_view().settings, Host{});
  EXPECT_THAT(names(), ElementsAre(host));
  store_.fail_with(0);
}

TEST_F(HostsTest, ThatTheKernelRefusesStayAsTheyWere) {
  serve_host();
  ASSERT_EQ(set("dhchap_key", key_32), 0);
  const auto before = kernel();
  for (const std::size_t step : {0U, 1U}) {
    backend_.refuse_step(step, EIO);
    EXPECT_EQ(set("dhchap_key", other_key), EIO);
    EXPECT_THAT(last_.message, Not(HasSubstr("YWFh")));
    EXPECT_EQ(kernel(), before);
    EXPECT_EQ(host_view().settings.keys.at("dhchap_key"), Secret(key_32));
    EXPECT_EQ(store_.state().hosts.at(host).keys.at("dhchap_key"), Secret(key_32));
  }
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(HostsTest, DoNotWaitForAKernelThatDoesNotAnswer) {
  serve_host();
  backend_.hold(Verb::protect);
  EXPECT_EQ(set("dhchap_key", key_32), EBUSY);
  EXPECT_EQ(last_.reason, Reason::kernel_waits);
  EXPECT_TRUE(host_view().settings.keys.empty());
  backend_.let_go();
  EXPECT_TRUE(eventually([&] { return backend_.is_idle(); }));
}

TEST_F(HostsTest, ShowADriftWithoutItsText) {
  serve_host();
  ASSERT_EQ(set("dhchap_key", key_32), 0);
  const std::string path = std::string("hosts/") + host + "/dhchap_key";
  ASSERT_TRUE(kernel_.write(path, other_key));
  ASSERT_TRUE(becomes("toto", State::drifted));
  EXPECT_EQ(status("toto").detail, path + " should be another");
  EXPECT_THAT(plan_text(), HasSubstr("chmod 600 /cfg/" + path + "\necho … > /cfg/" + path + "\n"));
  EXPECT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel_key(), key_32);
  EXPECT_EQ(status("toto").state, State::enabled);
}

TEST_F(HostsTest, ShowAKeyThatSomebodyElseSetAsADrift) {
  serve_host();
  const std::string path = std::string("hosts/") + host + "/dhchap_key";
  ASSERT_TRUE(kernel_.write(path, other_key));
  ASSERT_TRUE(becomes("toto", State::drifted));
  EXPECT_EQ(status("toto").detail, path + " should be empty");
  EXPECT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel_key(), "none");
}

TEST_F(HostsTest, OfOthersAreNotChanged) {
  ASSERT_TRUE(kernel_.mkdir(std::string("hosts/") + host));
  ASSERT_TRUE(kernel_.write(std::string("hosts/") + host + "/dhchap_key", other_key));
  draft_with_key(other_key);
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(set("dhchap_key", key_32), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
  EXPECT_EQ(set("dhchap_key", other_key), 0) << last_.message;
  EXPECT_EQ(kernel_key(), other_key);
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_THAT(kernel().hosts, ElementsAre(Key(host)));
}

// Else the next start would ask for no key.
TEST_F(HostsTest, OfOthersServeWhenTheirKeyIsKeptHereToo) {
  ASSERT_TRUE(kernel_.mkdir(std::string("hosts/") + host));
  ASSERT_TRUE(kernel_.write(std::string("hosts/") + host + "/dhchap_key", other_key));
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(hosts("toto", host), 0);
  EXPECT_EQ(enable("toto"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
  ASSERT_EQ(set("dhchap_key", other_key), 0) << last_.message;
  EXPECT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(store_.state().hosts.at(host).keys.size(), 1U);
}

TEST_F(HostsTest, OfOthersServeWhenTheirHashIsThatWhichIsSet) {
  draft_with_key(key_32);
  ASSERT_EQ(set("dhchap_hash", "hmac(sha512)"), 0) << last_.message;
  ASSERT_TRUE(kernel_.mkdir(std::string("hosts/") + host));
  ASSERT_TRUE(kernel_.write(std::string("hosts/") + host + "/dhchap_key", key_32));
  EXPECT_EQ(enable("toto"), EBUSY);
  ASSERT_TRUE(kernel_.write(std::string("hosts/") + host + "/dhchap_hash", "hmac(sha512)"));
  EXPECT_EQ(enable("toto"), 0) << last_.message;
}

TEST_F(HostsTest, OfAnExportThatIsTakenOverKeepTheirKey) {
  serve_host();
  ASSERT_EQ(set("dhchap_key", key_32), 0);
  start_without_state();
  ASSERT_TRUE(view("toto").foreign);
  EXPECT_EQ(enable("toto"), EBUSY);
  EXPECT_TRUE(view("toto").foreign);
  ASSERT_EQ(make_host(), 0);
  ASSERT_EQ(set("dhchap_key", key_32), 0) << last_.message;
  EXPECT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_FALSE(view("toto").foreign);
}

TEST_F(HostsTest, OfOthersAreSaidToHaveTheKeyStillThatIsTakenBackHere) {
  serve_host();
  ASSERT_EQ(set("dhchap_key", key_32), 0);
  start_without_state();
  ASSERT_EQ(make_host(), 0);
  ASSERT_EQ(set("dhchap_key", key_32), 0) << last_.message;
  ASSERT_EQ(set("dhchap_key", ""), 0) << last_.message;
  EXPECT_THAT(engine_->snapshot()->log.back().text, HasSubstr("the kernel has it still"));
  EXPECT_EQ(kernel().hosts.at(host).keys.size(), 1U);
}

TEST_F(HostsTest, AreNotAllAddedToAList) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(hosts("toto", host), 0);
  const Hosts any{.any = true, .list = {}};
  EXPECT_EQ(ask("toto", "hosts", SetHosts{.hosts = any, .append = true}), EINVAL);
  EXPECT_FALSE(view("toto").wanted.hosts.any);
  EXPECT_EQ(ask("toto", "hosts", SetHosts{.hosts = any}), 0) << last_.message;
}

// Everybody reads the log and the status.
TEST_F(HostsTest, KeyInTheWrongPlaceIsNotShown) {
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(make(other_key), EINVAL);
  EXPECT_EQ(engine_->snapshot()->log.back().what, "mkdir exports/DHHC-1:...");
  EXPECT_EQ(last_.message.find("YWFh"), std::string::npos);
  EXPECT_FALSE(Nqn::parse(other_key));
}

// Else the export would be open to whoever says that name.
TEST_F(HostsTest, OfOthersDoNotServeWithAnotherKeyThanIsSet) {
  draft_with_key(key_32);
  ASSERT_TRUE(kernel_.mkdir(std::string("hosts/") + host));
  const auto before = kernel();
  EXPECT_EQ(enable("toto"), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
  EXPECT_EQ(kernel(), before);
  ASSERT_EQ(set("dhchap_key", ""), 0) << last_.message;
  EXPECT_EQ(enable("toto"), 0) << last_.message;
}

TEST_F(HostsTest, OfOthersDoNotServeWithAnotherKeyAfterAReboot) {
  draft_with_key(key_32);
  ASSERT_EQ(enable("toto"), 0);
  engine_.reset();
  const Target left = kernel();
  for (const auto& step : make_plan(left, Target{})) ASSERT_TRUE(backend_.perform(step));
  ASSERT_TRUE(kernel_.mkdir(std::string("hosts/") + host));
  boot_id_ = "second";
  start();
  EXPECT_EQ(status("toto").state, State::failed);
  EXPECT_THAT(status("toto").detail, HasSubstr("something else made hosts/nqn.host"));
  EXPECT_TRUE(kernel().subsystems.empty());
}

TEST_F(HostsTest, DoNotServeWithoutTheirKeyOnAKernelThatHasNone) {
  draft_with_key(key_32);
  engine_.reset();
  auto attributes = sim_.attributes();
  attributes.host.clear();
  backend_.have(attributes);
  start();
  EXPECT_EQ(enable("toto"), ENODEV);
  EXPECT_THAT(last_.message, HasSubstr("this kernel has no authentication"));
  EXPECT_EQ(kernel(), Target{});
  ASSERT_EQ(hosts("toto", "any"), 0);
  ASSERT_EQ(remove_host(), 0);
  ASSERT_EQ(hosts("toto", host), 0);
  EXPECT_EQ(enable("toto"), 0) << last_.message;
}

TEST_F(HostsTest, WithAKeyThatNobodyIsAskedForAreNoted) {
  serve("titi", "/dev/b");
  EXPECT_EQ(status("titi").note, "");
  draft_with_key(key_32);
  EXPECT_THAT(status("titi").note, HasSubstr("nobody is asked for a key here"));
  EXPECT_EQ(status("toto").note, "");
}

// In whatever form: nothing that is shown, told or printed has it.
TEST_F(HostsTest, TellNobodyTheirKey) {
  draft_with_key(key_32);
  std::ostringstream shown;
  shown << plan_text();
  ASSERT_EQ(enable("toto"), 0);
  shown << plan_text() << status("toto").detail;
  ASSERT_EQ(set("dhchap_key", other_key), 0);
  backend_.refuse_step(1, EIO);
  ASSERT_EQ(set("dhchap_key", key_32), EIO);
  shown << last_.message;
  for (const auto& record : engine_->snapshot()->log)
    shown << record.what << " " << record.text << "\n";
  for (const auto& step : backend_.performed())
    shown << testing::PrintToString(step) << step.value << step.why;
  shown << testing::PrintToString(kernel().hosts.at(host).keys);
  EXPECT_THAT(shown.str(), HasSubstr("dhchap_key"));
  EXPECT_THAT(shown.str(), Not(HasSubstr("AAECAwQF")));
  EXPECT_THAT(shown.str(), Not(HasSubstr("YWFhYWFh")));
}

}  // namespace
}  // namespace nvmeofs
