// The program is killed before any step and any save: the next one finds the state of before or of
// after, and brings the kernel to it.
#include "engine/changes.h"
#include "engine_fixture.h"
#include "mortal.h"

namespace nvmeofs {
namespace {

// Ports by their address: which number is free depends on how far the killed program came.
Target by_address(const Target& target) {
  Target result = target;
  result.ports.clear();
  // What a new subsystem has by itself is in no plan, as what the transport chooses for a port.
  for (auto& [nqn, subsystem] : result.subsystems) {
    subsystem.passthru.attributes.clear();
    for (auto& [nsid, space] : subsystem.namespaces) space.attributes.erase("buffered_io");
    std::erase_if(subsystem.attributes, [](const auto& attribute) {
      return attribute.first != "attr_serial" && attribute.first != "attr_model" &&
             attribute.first != "attr_allow_any_host";
    });
  }
  for (const auto& [id, port] : target.ports) {
    const auto address = address_of(port);
    const auto placed = result.ports.emplace(address ? address->uri() : "port " + id, port).first;
    std::erase_if(placed->second.attributes, [](const auto& attribute) {
      return attribute.first.starts_with("param_") || attribute.first == "addr_treq" ||
             attribute.first == "addr_tsas";
    });
  }
  // Nor what a host has when it is made.
  for (auto& [nqn, host] : result.hosts) host.attributes.clear();
  return result;
}

class CrashTest : public EngineTest {
 protected:
  CrashTest() { live_again(); }

  void live_again() {
    engine_.reset();
    life_.live();
    engine_ =
        std::make_unique<Engine>(Environment{mortal_backend_, devices_, addresses_, sessions_,
                                             watch_, mortal_store_, boot_id_},
                                 EngineOptions{.hosts_any = true, .patience = milliseconds(50)});
    ASSERT_TRUE(engine_->start());
    engine_->wait_for_first_look(std::chrono::seconds(20));
  }

  // Kills the program before each effect of an operation in turn. `before` and `after` are asked
  // for the export and the kernel, and one of them must be found whole.
  void kill_everywhere(const std::function<void()>& prepare,
                       const std::function<int()>& operation) {
    for (int effect = 0;; ++effect) {
      SCOPED_TRACE("killed before effect " + std::to_string(effect));
      prepare();
      if (HasFatalFailure()) return;
      const Target kernel_before = kernel();
      const StoredState before = store_.state();

      life_.end_before(effect);
      const int result = operation();
      const bool killed = life_.ended();
      const StoredState found = store_.state();
      live_again();
      if (found.exports == before.exports) {
        EXPECT_TRUE(eventually([&] { return by_address(kernel()) == by_address(kernel_before); }))
            << in_words(make_plan(kernel(), kernel_before));
      } else {
        // What the operation leads to, of a program that lives.
        const Export wanted = found.exports.at("toto").wanted;
        const Target after = with_export(kernel_before, wanted, shared_before_);
        EXPECT_TRUE(eventually([&] { return by_address(kernel()) == by_address(after); }))
            << in_words(make_plan(kernel(), after));
      }
      ASSERT_EQ(disable("toto", true), 0) << last_.message;
      EXPECT_EQ(kernel(), foreign_);
      ASSERT_EQ(remove("toto"), 0);
      if (HasFailure() || !killed) {
        EXPECT_EQ(result, 0) << last_.message;
        EXPECT_GT(effect, 1);
        return;
      }
    }
  }

  void draft() {
    ASSERT_EQ(make("toto"), 0) << last_.message;
    ASSERT_EQ(device("toto", "/dev/a"), 0) << last_.message;
    ASSERT_EQ(address("toto", "tcp://10.0.0.1\ntcp://10.0.0.2"), 0);
    ASSERT_EQ(hosts("toto", "nqn.a"), 0);
  }

  void give_key() {
    std::promise<Result<void>> answer;
    engine_->submit({.caller = caller_,
                     .name = "nqn.a",
                     .serial = engine_->snapshot()->hosts.views.at("nqn.a").serial,
                     .file = "dhchap_key",
                     .value = "…",
                     .intent = Intent(SetHostSetting{"dhchap_key", Secret("DHHC-1:00:key:")}),
                     .about = About::a_host},
                    [&](Result<void> result) { answer.set_value(std::move(result)); });
    ASSERT_TRUE(answer.get_future().get());
  }

  Life life_;
  MortalBackend mortal_backend_{sim_, life_};
  MortalStore mortal_store_{store_, life_};
  Shared shared_before_;
  Target foreign_;
};

TEST_F(CrashTest, EnablingIsDoneOrNot) {
  kill_everywhere([&] { draft(); }, [&] { return enable("toto"); });
}

TEST_F(CrashTest, EnablingWithAKeyIsDoneOrNot) {
  kill_everywhere(
      [&] {
        draft();
        ASSERT_FALSE(HasFatalFailure());
        give_key();
        shared_before_ = engine_->snapshot()->ours;
      },
      [&] { return enable("toto"); });
}

TEST_F(CrashTest, DisablingIsDoneOrNot) {
  kill_everywhere(
      [&] {
        draft();
        ASSERT_EQ(enable("toto"), 0) << last_.message;
        shared_before_ = engine_->snapshot()->ours;
      },
      [&] { return disable("toto"); });
}

TEST_F(CrashTest, LiveChangeOfTheDeviceIsDoneOrNot) {
  kill_everywhere(
      [&] {
        draft();
        ASSERT_EQ(enable("toto"), 0) << last_.message;
        shared_before_ = engine_->snapshot()->ours;
      },
      [&] { return device("toto", "/dev/b"); });
}

TEST_F(CrashTest, LiveChangeOfTheAddressesIsDoneOrNot) {
  kill_everywhere(
      [&] {
        draft();
        ASSERT_EQ(enable("toto"), 0) << last_.message;
        shared_before_ = engine_->snapshot()->ours;
      },
      [&] { return address("toto", "tcp://10.0.0.2\nrdma://10.0.0.1"); });
}

TEST_F(CrashTest, SubsystemOfOthersOutlivesAllOfIt) {
  ASSERT_TRUE(kernel_.mkdir("subsystems/theirs"));
  ASSERT_TRUE(kernel_.mkdir("ports/1"));
  foreign_ = kernel();
  kill_everywhere([&] { draft(); }, [&] { return enable("toto"); });
}

// The way back after a refusal can be cut off too.
TEST_F(CrashTest, RefusedEnablingIsDoneOrNot) {
  kill_everywhere(
      [&] {
        draft();
        ASSERT_FALSE(HasFatalFailure());
        kernel_.edit_machine([](SimMachine& machine) {
          machine.listeners = {{"10.0.0.2", 4420, "iperf"}};
        });
      },
      [&] {
        const int result = enable("toto");
        kernel_.edit_machine([](SimMachine& machine) { machine.listeners.clear(); });
        return result == EADDRINUSE ? 0 : result;
      });
}

}  // namespace
}  // namespace nvmeofs
