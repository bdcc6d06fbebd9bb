// The planner's promises, over random states and against the simulated kernel, which refuses what
// the real one refuses (tests/contract holds it to that).
#include "nvmeofs/plan.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "nvmeofs/mapping.h"
#include "random_target.h"
#include "sim/sim_backend.h"

namespace nvmeofs {
namespace {

constexpr unsigned rounds = 400;

// Brings a kernel into a state; every step must be taken.
void bring(SimBackend& backend, const Target& to) {
  for (const Step& step : make_plan(backend.observe().value(), to)) {
    const auto performed = backend.perform(step);
    ASSERT_TRUE(performed) << performed.error().message;
  }
}

// Equal but for what neither names: attributes that the kernel made up, names of links.
testing::AssertionResult is(const Target& observed, const Target& wanted) {
  const Plan there = make_plan(observed, wanted);
  if (!there.empty())
    return testing::AssertionFailure() << "differs by: " << shell_command(there.front(), "");
  return testing::AssertionSuccess();
}

class RandomPlan : public testing::Test {
 protected:
  SimKernel kernel_{small_machine()};
  SimBackend backend_{kernel_};
};

TEST_F(RandomPlan, ToWhereItIsIsEmpty) {
  for (unsigned seed = 0; seed < rounds; ++seed) {
    const Target target = RandomTarget(seed).make();
    EXPECT_TRUE(make_plan(target, target).empty()) << "seed " << seed;
  }
}

TEST_F(RandomPlan, IsTakenWholeByTheKernelAndArrives) {
  for (unsigned seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    RandomTarget random(seed);
    const Target from = random.make(), to = random.make();
    ASSERT_NO_FATAL_FAILURE(bring(backend_, from));
    ASSERT_TRUE(is(backend_.observe().value(), from));
    ASSERT_NO_FATAL_FAILURE(bring(backend_, to));
    ASSERT_TRUE(is(backend_.observe().value(), to));
  }
}

TEST_F(RandomPlan, CanBeTakenBackFromEveryStep) {
  for (unsigned seed = 0; seed < rounds / 8; ++seed) {
    SCOPED_TRACE(seed);
    RandomTarget random(seed);
    const Target start = random.make(), to = random.make();
    ASSERT_NO_FATAL_FAILURE(bring(backend_, start));
    const Target from = backend_.observe().value();
    const Plan plan = make_plan(from, to);
    for (std::size_t broken = 0; broken <= plan.size(); ++broken) {
      for (std::size_t i = 0; i < broken; ++i) ASSERT_TRUE(backend_.perform(plan[i]));
      ASSERT_NO_FATAL_FAILURE(bring(backend_, from));
      ASSERT_EQ(backend_.observe().value(), from) << "broken off after " << broken << " steps";
    }
  }
}

// Of each enabled namespace, port and subsystem: whether hosts get at it there.
std::map<std::string, bool> reachable(const Target& target) {
  std::map<std::string, bool> all;
  for (const auto& [id, port] : target.ports)
    for (const auto& [nqn, link] : port.subsystems)
      for (const auto& [nsid, space] : target.subsystems.at(nqn).namespaces) {
        if (!space.enabled) continue;
        const auto group = port.ana_groups.find(attribute(space.attributes, "ana_grpid"));
        all[fmt::format("{} at {}: {}", nqn, id, nsid)] =
            group != port.ana_groups.end() && is_usable(*parse_ana_state(group->second));
      }
  return all;
}

// Ports are all ours, and no group has a state of its own: nothing is ever to be inaccessible.
TEST_F(RandomPlan, LeavesNoNamespaceInaccessibleOnTheWay) {
  Shared ours;
  for (int id = 1; id < 20; ++id) ours.ports.insert(std::to_string(id));
  std::size_t seen = 0;
  for (unsigned seed = 0; seed < rounds / 4; ++seed) {
    SCOPED_TRACE(seed);
    RandomTarget random(seed);
    for (int change = 0; change < 4; ++change) {
      const Target from = backend_.observe().value();
      for (const Step& step :
           make_plan(from, with_export(from, random.random_export("toto"), ours))) {
        ASSERT_TRUE(backend_.perform(step)) << shell_command(step, "");
        for (const auto& [what, is] : reachable(backend_.observe().value())) {
          EXPECT_TRUE(is) << what << " after " << shell_command(step, "");
          ++seen;
        }
      }
    }
    ASSERT_NO_FATAL_FAILURE(bring(backend_, Target{}));
  }
  EXPECT_GT(seen, rounds);
}

TEST_F(RandomPlan, EndsEmptyWhenEverythingGoes) {
  for (unsigned seed = 0; seed < rounds / 4; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(bring(backend_, RandomTarget(seed).make()));
    ASSERT_NO_FATAL_FAILURE(bring(backend_, Target{}));
    ASSERT_EQ(backend_.observe().value(), Target{});
  }
}

class Planned : public testing::Test {
 protected:
  static Export served() {
    return {.name = Nqn::parse("toto").value(),
            .spaces = {{first_nsid,
                        {.device = DevicePath::parse("/dev/a").value(),
                         .enabled = true,
                         .uuid = "6b1f8a50-1111-4c6e-9c53-000000000001"}}},
            .addresses = {TransportAddress::parse("rdma://192.168.1.32", Trtype::rdma).value()},
            .hosts = {.any = true, .list = {}},
            .enabled = true,
            .identity = {.serial = "0123456789abcdef0123"}};
  }
  static std::vector<std::string> commands(const Target& from, const Target& to) {
    std::vector<std::string> lines;
    for (const Step& step : make_plan(from, to)) lines.push_back(shell_command(step, "N"));
    return lines;
  }
  static std::size_t position(const std::vector<std::string>& lines, const std::string& line) {
    return static_cast<std::size_t>(std::find(lines.begin(), lines.end(), line) - lines.begin());
  }
};

TEST_F(Planned, ExportIsTheKernelsSequence) {
  EXPECT_EQ(
      commands({}, with_export({}, served(), {})),
      (std::vector<std::string>{
          "mkdir N/subsystems/toto",
          "echo 1 > N/subsystems/toto/attr_allow_any_host",
          "echo 0123456789abcdef0123 > N/subsystems/toto/attr_serial",
          "mkdir N/subsystems/toto/namespaces/1",
          "echo /dev/a > N/subsystems/toto/namespaces/1/device_path",
          "echo 6b1f8a50-1111-4c6e-9c53-000000000001 > N/subsystems/toto/namespaces/1/device_uuid",
          "echo 1 > N/subsystems/toto/namespaces/1/enable",
          "mkdir N/ports/1",
          "echo rdma > N/ports/1/addr_trtype",
          "echo ipv4 > N/ports/1/addr_adrfam",
          "echo 192.168.1.32 > N/ports/1/addr_traddr",
          "echo 4420 > N/ports/1/addr_trsvcid",
          "ln -s N/subsystems/toto N/ports/1/subsystems/toto",
      }));
}

TEST_F(Planned, TeardownIsTheKernelsSequence) {
  const Target there = with_export({}, served(), {});
  EXPECT_EQ(commands(there, {}), (std::vector<std::string>{
                                     "rm N/ports/1/subsystems/toto",
                                     "rmdir N/subsystems/toto/namespaces/1",
                                     "rmdir N/subsystems/toto",
                                     "rmdir N/ports/1",
                                 }));
}

TEST_F(Planned, LinkOfAnotherNameIsRemovedByItsName) {
  Target there = with_export({}, served(), {});
  there.ports.at("1").subsystems["toto"] = "by-hand";
  EXPECT_EQ(commands(there, {}).front(), "rm N/ports/1/subsystems/by-hand");
}

TEST_F(Planned, HostIsAllowedOnlyAfterAnyHostIsNot) {
  Export listed = served();
  listed.hosts = {.any = false, .list = {Nqn::parse("nqn.h").value()}};
  const Target open = with_export({}, served(), {}), closed = with_export(open, listed, {});
  EXPECT_EQ(commands(open, closed), (std::vector<std::string>{
                                        "mkdir N/hosts/nqn.h",
                                        "echo 0 > N/subsystems/toto/attr_allow_any_host",
                                        "ln -s N/hosts/nqn.h N/subsystems/toto/allowed_hosts/nqn.h",
                                    }));
  EXPECT_EQ(commands(closed, open), (std::vector<std::string>{
                                        "rm N/subsystems/toto/allowed_hosts/nqn.h",
                                        "rmdir N/hosts/nqn.h",
                                        "echo 1 > N/subsystems/toto/attr_allow_any_host",
                                    }));
}

TEST_F(Planned, DeviceIsChangedOffThePorts) {
  Export other = served();
  other.first().device = DevicePath::parse("/dev/b").value();
  const Target from = with_export({}, served(), {});
  EXPECT_EQ(commands(from, with_export(from, other, {})),
            (std::vector<std::string>{
                "rm N/ports/1/subsystems/toto",
                "echo 0 > N/subsystems/toto/namespaces/1/enable",
                "echo /dev/b > N/subsystems/toto/namespaces/1/device_path",
                "echo 1 > N/subsystems/toto/namespaces/1/enable",
                "ln -s N/subsystems/toto N/ports/1/subsystems/toto",
            }));
}

TEST_F(Planned, AddressIsAddedWithoutTouchingTheOthers) {
  Export more = served();
  more.addresses.push_back(TransportAddress::parse("tcp://10.0.0.1", Trtype::tcp).value());
  const Target from = with_export({}, served(), {});
  const auto lines = commands(from, with_export(from, more, {}));
  EXPECT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines.back(), "ln -s N/subsystems/toto N/ports/2/subsystems/toto");
  EXPECT_EQ(position(lines, "rm N/ports/1/subsystems/toto"), lines.size());
}

TEST_F(Planned, SerialThatTheKernelHasFrozenTakesANewSubsystem) {
  Export other = served();
  other.identity.serial = "another";
  const Target from = with_export({}, served(), {});
  const auto lines = commands(from, with_export(from, other, {}));
  EXPECT_LT(position(lines, "rmdir N/subsystems/toto"), position(lines, "mkdir N/subsystems/toto"));
  EXPECT_LT(position(lines, "mkdir N/subsystems/toto"),
            position(lines, "echo another > N/subsystems/toto/attr_serial"));
}

TEST_F(Planned, TransportIsWrittenBeforeAllElseOfAPort) {
  const auto lines = commands({}, with_export({}, served(), {}));
  EXPECT_EQ(position(lines, "echo rdma > N/ports/1/addr_trtype"),
            position(lines, "mkdir N/ports/1") + 1);
}

// The kernel makes groups inaccessible.
TEST_F(Planned, AnaGroupIsThereBeforeHostsCanConnect) {
  Export grouped = served();
  grouped.first().ana_group = 2;
  const auto lines = commands({}, with_export({}, grouped, {}));
  const std::size_t made = position(lines, "mkdir N/ports/1/ana_groups/2");
  EXPECT_EQ(position(lines, "echo optimized > N/ports/1/ana_groups/2/ana_state"), made + 1);
  EXPECT_EQ(position(lines, "ln -s N/subsystems/toto N/ports/1/subsystems/toto"), made + 2);
  EXPECT_LT(position(lines, "echo 2 > N/subsystems/toto/namespaces/1/ana_grpid"),
            position(lines, "echo 1 > N/subsystems/toto/namespaces/1/enable"));
}

TEST_F(Planned, NamespaceMovesToAnAnaGroupThatIsThereAlready) {
  const Shared ours{
      .ports = {"1"},
      .hosts = {},
      .wanted_ports = {{served().addresses.front(),
                        {.settings = {}, .ana_states = {{2, AnaState::non_optimized}}}}}};
  Export moved = served();
  moved.first().ana_group = 2;
  Target from = with_export({}, served(), ours);
  from.ports.at("1").ana_groups.emplace("1", "optimized");
  const Target to = with_export(from, moved, ours);
  EXPECT_EQ(commands(from, to), (std::vector<std::string>{
                                    "mkdir N/ports/1/ana_groups/2",
                                    "echo non-optimized > N/ports/1/ana_groups/2/ana_state",
                                    "echo 2 > N/subsystems/toto/namespaces/1/ana_grpid",
                                }));
  EXPECT_EQ(commands(to, with_export(to, served(), ours)),
            (std::vector<std::string>{
                "echo 1 > N/subsystems/toto/namespaces/1/ana_grpid",
                "rmdir N/ports/1/ana_groups/2",
            }));
}

TEST_F(Planned, AnaGroupsGoBeforeTheirPort) {
  Export grouped = served();
  grouped.first().ana_group = 2;
  EXPECT_EQ(commands(with_export({}, grouped, {}), {}), (std::vector<std::string>{
                                                            "rm N/ports/1/subsystems/toto",
                                                            "rmdir N/subsystems/toto/namespaces/1",
                                                            "rmdir N/subsystems/toto",
                                                            "rmdir N/ports/1/ana_groups/2",
                                                            "rmdir N/ports/1",
                                                        }));
}

TEST_F(Planned, ReferralIsDisabledWhileItChanges) {
  const auto to = [](const char* address) {
    return Shared{
        .ports = {"1"},
        .hosts = {},
        .wanted_ports = {
            {served().addresses.front(),
             {.settings = {},
              .ana_states = {},
              .referrals = {{"other",
                             {.address = TransportAddress::parse(address, Trtype::tcp).value(),
                              .enabled = true}}}}}}};
  };
  const Target from = with_export({}, served(), to("10.9.9.9"));
  EXPECT_EQ(commands(from, with_export(from, served(), to("10.9.9.8"))),
            (std::vector<std::string>{
                "echo 0 > N/ports/1/referrals/other/enable",
                "echo 10.9.9.8 > N/ports/1/referrals/other/addr_traddr",
                "echo 1 > N/ports/1/referrals/other/enable",
            }));
  const auto down = commands(from, {});
  EXPECT_EQ(position(down, "rmdir N/ports/1/referrals/other") + 1,
            position(down, "rmdir N/ports/1"));
}

TEST_F(Planned, EveryStepSaysWhy) {
  const Target there = with_export({}, served(), {});
  for (const Plan& plan : {make_plan({}, there), make_plan(there, {})})
    for (const Step& step : plan) EXPECT_FALSE(step.why.empty()) << shell_command(step, "N");
}

}  // namespace
}  // namespace nvmeofs
