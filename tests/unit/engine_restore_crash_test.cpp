// The program is killed before any step and any save of a restore: the next one finds all of it as
// before or all of it as wanted, in the kernel as in the store.
#include <nlohmann/json.hpp>

#include "engine/changes.h"
#include "mortal.h"
#include "nvmeofs/host_setting.h"
#include "restore_fixture.h"

namespace nvmeofs {
namespace {

constexpr const char* key = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";

// Which number a port has is its own business.
Target by_address(const Target& target) {
  Target result = target;
  result.ports.clear();
  for (const auto& [id, port] : target.ports) {
    const auto address = address_of(port);
    result.ports.emplace(address ? address->uri() : "port " + id, port);
  }
  return result;
}

// All that a restore may change; not when an export was made.
struct Picture {
  Target kernel;
  std::map<std::string, Export> exports;
  std::map<TransportAddress, WantedPort> ports;
  std::map<std::string, Host> hosts;
  std::set<std::string> foreign;
  bool operator==(const Picture&) const = default;
};

class RestoreCrashTest : public RestoreTest {
 protected:
  // Once more with an empty kernel and an empty store.
  void start_over() {
    life_.live();
    empty_kernel();
    store_.forget();
    live_again();
  }
  void live_again() {
    engine_.reset();
    life_.live();
    begin_life();
    engine_->wait_for_first_look(std::chrono::seconds(20));
  }
  void begin_life(bool look_after = true) {
    engine_ = std::make_unique<Engine>(
        Environment{mortal_backend_, devices_, addresses_, sessions_, watch_, mortal_store_,
                    boot_id_},
        EngineOptions{.hosts_any = true, .look_after = look_after, .patience = milliseconds(500)});
    ASSERT_TRUE(engine_->start());
  }

  Picture picture() {
    Picture now{by_address(kernel()), {}, store_.state().ports, store_.state().hosts, {}};
    for (const auto& [name, stored] : store_.state().exports)
      now.exports.emplace(name, stored.wanted);
    for (const auto& [name, view] : engine_->snapshot()->exports)
      if (view.foreign) now.foreign.insert(name);
    return now;
  }

  // toto and titi are served, tata is made by something else, tutu is not there, tete is served and
  // not in the document.
  void set_up() {
    ASSERT_NO_FATAL_FAILURE(serve("tata", "/dev/c", "tcp://10.0.0.2"));
    ASSERT_NO_FATAL_FAILURE(start_over_with_foreign());
    ASSERT_NO_FATAL_FAILURE(serve("toto", "/dev/a", "tcp://10.0.0.1"));
    ASSERT_EQ(ask("toto", "ana_group", SetNamespaceAnaGroup{1, 2}), 0);
    ASSERT_EQ(hosts("toto", "nqn.h"), 0);
    ASSERT_NO_FATAL_FAILURE(serve("titi", "/dev/b", "tcp://10.0.0.2"));
    ASSERT_NO_FATAL_FAILURE(serve("tete", "/dev/d", "rdma://10.0.0.1"));
  }
  void start_over_with_foreign() {
    engine_.reset();
    store_.forget();
    live_again();
    ASSERT_TRUE(view("tata").foreign);
  }

  // The two exchange disk and identity, tata is changed, tutu gets the disk of tete; a key, the
  // settings of a port, an ANA state and a referral come with it.
  std::string document() {
    std::string text = saved();
    const Export toto = view("toto").wanted;
    const Export titi = view("titi").wanted;
    text = exchanged(text, {{"/dev/a", "/dev/b"},
                            {toto.identity.serial, titi.identity.serial},
                            {toto.first().uuid, titi.first().uuid},
                            {toto.first().nguid, titi.first().nguid}});
    text = replaced(text, "\"tete\"\n", "\"tutu\"\n");
    text = replaced(text, "\"nqn\": \"tete\"", "\"nqn\": \"tutu\"");
    const Export tete = view("tete").wanted;
    text = replaced(text, tete.identity.serial, "11111111111111111111");
    text = replaced(text, tete.first().uuid, "00000000-0000-4000-8000-000000000011");
    text = replaced(text, tete.first().nguid, "00000000-0000-4000-9000-000000000011");
    text = replaced(text, view("tata").wanted.identity.serial, "22222222222222222222");
    text = replaced(text, R"("dhchap": {)", std::string(R"("dhchap": {"key": ")") + key + "\",");
    auto json = nlohmann::json::parse(text);
    for (auto& port : json["ports"]) {
      if (port["subsystems"] == nlohmann::json({"tutu"}))
        port["param"]["inline_data_size"] = "8192";
      for (auto& group : port["ana_groups"])
        if (group["grpid"] == 2) {
          group["ana"]["state"] = "non-optimized";
          port["referrals"].push_back({{"addr",
                                        {{"adrfam", "ipv4"},
                                         {"traddr", "10.0.0.7"},
                                         {"treq", "not specified"},
                                         {"trsvcid", "8009"},
                                         {"trtype", "tcp"}}},
                                       {"enable", 1},
                                       {"name", "other"}});
        }
    }
    return json.dump();
  }

  // Kills it before each effect in turn. What is found then is `before`, or as the restore leaves
  // it when it lives on.
  void kill_everywhere(const std::function<std::string()>& document_of, int expected) {
    start_over();
    ASSERT_NO_FATAL_FAILURE(set_up());
    const std::string first = document_of();
    ASSERT_EQ(restore(first), expected) << last_.message << first;
    for (int effect = 0;; ++effect) {
      SCOPED_TRACE("killed before effect " + std::to_string(effect));
      start_over();
      ASSERT_NO_FATAL_FAILURE(set_up());
      const Picture before = picture();
      const std::string text = document_of();
      life_.end_before(effect);
      const int result = restore(text);
      const bool killed = life_.ended();
      const bool undone = !!store_.state().restoring || effect == 0;
      live_again();
      settle();
      if (undone || expected != 0) {
        expect_is(before);
      } else {
        // It does no more, so it is as the document has it.
        const std::string now = saved();
        EXPECT_THAT(now, testing::AllOf(HasSubstr("8192"), HasSubstr("non-optimized"),
                                        HasSubstr("10.0.0.7"), HasSubstr("\"tutu\"")));
        ASSERT_EQ(restore(text), 0) << last_.message;
        EXPECT_EQ(last_record(), "nothing to do");
        EXPECT_TRUE(picture().foreign.empty());
        EXPECT_EQ(saved(), now);
        EXPECT_EQ(status("tete").state, State::disabled);
      }
      if (HasFailure()) return;
      if (!killed) {
        EXPECT_EQ(result, expected) << last_.message;
        EXPECT_GT(effect, 40);
        return;
      }
    }
  }
  // Until nothing is left to be done.
  void settle() {
    EXPECT_TRUE(eventually([&] {
      const auto states = states_of(*engine_->snapshot());
      return !store_.state().restoring && std::all_of(states.begin(), states.end(), [](auto& one) {
        return one.second == State::enabled || one.second == State::disabled ||
               one.second == State::foreign;
      });
    }));
  }
  void expect_is(const Picture& before) {
    const Picture now = picture();
    EXPECT_EQ(now.exports, before.exports);
    EXPECT_EQ(now.ports, before.ports);
    EXPECT_EQ(now.hosts, before.hosts);
    EXPECT_EQ(now.foreign, before.foreign);
    EXPECT_EQ(now.kernel, before.kernel) << in_words(make_plan(now.kernel, before.kernel));
  }

  Life life_;
  MortalBackend mortal_backend_{sim_, life_};
  MortalStore mortal_store_{store_, life_};
};

TEST_F(RestoreCrashTest, AllOfItIsDoneOrNothing) {
  kill_everywhere([&] { return document(); }, 0);
}

// The way back after a refusal can be cut off too.
TEST_F(RestoreCrashTest, ThatIsRefusedIsTakenBackAllTheSame) {
  kill_everywhere([&] { return replaced(document(), "/dev/d", "/dev/missing"); }, ENOENT);
}

// So can the way back that the next program goes.
class KilledTwice : public RestoreCrashTest, public testing::WithParamInterface<int> {};

TEST_P(KilledTwice, IsTakenBackByTheThirdProgram) {
  for (int later = 0;; ++later) {
    SCOPED_TRACE(fmt::format("killed before effect {}, and before effect {}", GetParam(), later));
    start_over();
    ASSERT_NO_FATAL_FAILURE(set_up());
    const Picture before = picture();
    life_.end_before(GetParam());
    EXPECT_EQ(restore(document()), EINTR);
    engine_.reset();
    life_.end_before(later);
    begin_life();
    engine_->wait_for_first_look(std::chrono::seconds(20));
    const bool killed = life_.ended();
    live_again();
    settle();
    expect_is(before);
    if (HasFailure() || !killed) break;
  }
}

INSTANTIATE_TEST_SUITE_P(RestoreCrashTest, KilledTwice, testing::Values(5, 17, 30, 44));

TEST_F(RestoreCrashTest, APowerCutTakesItBack) {
  for (const int effect : {5, 17, 30, 44}) {
    start_over();
    ASSERT_NO_FATAL_FAILURE(set_up());
    const Picture before = picture();
    life_.end_before(effect);
    EXPECT_EQ(restore(document()), EINTR);
    empty_kernel();
    boot_id_ += " next";
    live_again();
    settle();
    EXPECT_EQ(picture().exports, before.exports);
    EXPECT_EQ(picture().hosts, before.hosts);
    EXPECT_FALSE(engine_->snapshot()->exports.contains("tutu"));
    EXPECT_EQ(kernel().subsystems.at("toto"), before.kernel.subsystems.at("toto"));
  }
}

TEST_F(RestoreCrashTest, IsToldInTheLog) {
  start_over();
  ASSERT_NO_FATAL_FAILURE(set_up());
  life_.end_before(20);
  EXPECT_EQ(restore(document()), EINTR);
  live_again();
  settle();
  const auto snapshot = engine_->snapshot();
  EXPECT_TRUE(std::any_of(snapshot->log.begin(), snapshot->log.end(), [](const Record& record) {
    return record.what == "config.json" &&
           record.text.find("everything is as it was before") != std::string::npos;
  }));
}

// What is not touched by it goes on, whoever is connected.
TEST_F(RestoreCrashTest, HostsOfOthersNoticeNothing) {
  serve("toto", "/dev/a");
  serve("titi", "/dev/b");
  live_again();
  connect_host("titi");
  life_.end_before(4);
  EXPECT_EQ(restore(replaced(saved(), "/dev/a", "/dev/c")), EINTR);
  live_again();
  settle();
  EXPECT_EQ(kernel_.controllers().size(), 1U);
  EXPECT_EQ(view("toto").wanted.first().device->path(), "/dev/a");
}

// As when the restore itself is refused in the middle.
TEST_F(RestoreCrashTest, HostsThatCameToItLoseIt) {
  ASSERT_NO_FATAL_FAILURE(serve("toto", "/dev/a"));
  live_again();
  const Picture before = picture();
  store_.refuse_if([](const StoredState& now, const StoredState& next) {
    return now.restoring && !next.restoring;  // killed before the last save
  });
  mortal_store_.end_when_refused();
  EXPECT_NE(restore(replaced(saved(), "/dev/a", "/dev/c")), 0);
  store_.refuse_if(nullptr);
  connect_host("toto");
  live_again();
  settle();
  EXPECT_TRUE(kernel_.controllers().empty());
  expect_is(before);
}

// It is as it was, and the address that it waits for is no difference.
TEST_F(RestoreCrashTest, WhatItHasNotComeToStaysUpWithoutWhatItWaitsFor) {
  ASSERT_NO_FATAL_FAILURE(serve("toto", "/dev/a"));
  ASSERT_EQ(address("toto", "rdma://10.0.0.1", true), 0);
  kernel_.edit_machine([](SimMachine& machine) { machine.addresses["10.0.0.1"] = ""; });
  live_again();
  const std::string text = replaced(saved(), R"("model": "nvmeofs")", R"("model": "another")");
  ASSERT_NO_FATAL_FAILURE(connect_host("toto"));
  life_.end_before(1);
  EXPECT_NE(restore(text), 0);
  live_again();
  EXPECT_EQ(store_.state().restoring, std::nullopt);
  EXPECT_EQ(kernel_.controllers().size(), 1U);
}

// A disk that cannot be claimed is no reason to forget what else it waits for.
TEST_F(RestoreCrashTest, WhatItHasNotComeToStaysUpWithADiskThatIsInUse) {
  ASSERT_NO_FATAL_FAILURE(serve("toto", "/dev/a"));
  ASSERT_EQ(address("toto", "rdma://10.0.0.1", true), 0);
  kernel_.edit_machine([](SimMachine& machine) { machine.addresses["10.0.0.1"] = ""; });
  live_again();
  const std::string text = replaced(saved(), R"("model": "nvmeofs")", R"("model": "another")");
  ASSERT_NO_FATAL_FAILURE(connect_host("toto"));
  life_.end_before(1);
  EXPECT_NE(restore(text), 0);
  engine_.reset();
  kernel_.edit_machine(
      [](SimMachine& machine) { machine.devices.at("/dev/a").used_by = "mounted on /srv (ext4)"; });
  live_again();
  EXPECT_EQ(store_.state().restoring, std::nullopt);
  EXPECT_EQ(kernel_.controllers().size(), 1U);
}

TEST_F(RestoreCrashTest, IsTakenBackWhenItCanBeSaved) {
  ASSERT_NO_FATAL_FAILURE(serve("toto", "/dev/a"));
  live_again();
  const Picture before = picture();
  life_.end_before(4);
  EXPECT_EQ(restore(replaced(saved(), "/dev/a", "/dev/c")), EINTR);
  engine_.reset();
  life_.live();
  store_.fail_with(ENOSPC);
  begin_life();
  EXPECT_TRUE(becomes("toto", State::failed));
  EXPECT_EQ(address("toto", "tcp://10.0.0.2"), EBUSY);
  store_.fail_with(0);
  settle();
  expect_is(before);
}

// `nvmeofs stop` brings up nothing.
TEST_F(RestoreCrashTest, LeavesDownWhatItTookDownForAProgramThatStops) {
  ASSERT_NO_FATAL_FAILURE(serve("toto", "/dev/a"));
  ASSERT_NO_FATAL_FAILURE(serve("titi", "/dev/b", "tcp://10.0.0.2"));
  live_again();
  life_.end_before(6);
  EXPECT_EQ(restore(exchanged(saved(), {{"/dev/a", "/dev/b"}})), EINTR);
  engine_.reset();
  life_.live();
  begin_life(false);
  engine_->wait_for_first_look(std::chrono::seconds(20));
  EXPECT_EQ(store_.state().restoring, std::nullopt);
  EXPECT_EQ(view("toto").wanted.first().device->path(), "/dev/a");
  for (const char* name : {"toto", "titi"})
    EXPECT_EQ(ask(name, "enabled", TakeDown{}), 0) << last_.message;
  EXPECT_EQ(kernel(), Target{});
}

// While the kernel does not let go of what was half restored, nothing else may have its disks.
TEST_F(RestoreCrashTest, NothingComesUpBeforeTheRestIsDown) {
  start_over();
  ASSERT_NO_FATAL_FAILURE(serve("toto", "/dev/a"));
  ASSERT_NO_FATAL_FAILURE(serve("titi", "/dev/b"));
  const Picture before = picture();
  // titi is on the disk of toto, and toto is not up again yet.
  const std::string text = exchanged(saved(), {{"/dev/a", "/dev/b"}});
  int effect = 0;
  const auto serves = [&](const char* name, const char* disk) {
    const auto subsystems = kernel().subsystems;
    const auto found = subsystems.find(name);
    return found != subsystems.end() && found->second.namespaces.contains("1") &&
           found->second.namespaces.at("1").enabled &&
           attribute(found->second.namespaces.at("1").attributes, "device_path") == disk;
  };
  for (; effect < 60; ++effect) {
    life_.end_before(effect);
    restore(text);
    if (serves("titi", "/dev/a") && !serves("toto", "/dev/b")) break;
    live_again();
    settle();
    ASSERT_TRUE(life_.take());
  }
  ASSERT_LT(effect, 60);
  engine_.reset();
  life_.live();
  mortal_backend_.hold(Verb::remove_item);
  begin_life();
  ASSERT_TRUE(mortal_backend_.wait_until_held());
  EXPECT_FALSE(serves("toto", "/dev/a"));
  EXPECT_EQ(enable("toto"), EBUSY);
  EXPECT_THAT(last_.message, HasSubstr("is being taken back"));
  mortal_backend_.let_go();
  settle();
  EXPECT_EQ(picture().kernel, before.kernel);
}

}  // namespace
}  // namespace nvmeofs
