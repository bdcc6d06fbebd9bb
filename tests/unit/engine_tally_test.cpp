// What the engine counts, and tells of all exports at once.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

using testing::SizeIs;

class TallyTest : public EngineTest {
 protected:
  Tally tally() { return engine_->snapshot()->tally; }
  std::uint64_t steps() { return engine_->snapshot()->steps; }
  std::uint64_t answers(Operation operation) {
    const auto timings = engine_->timings();
    const auto found = timings.find(operation);
    return found != timings.end() ? found->second.count() : 0;
  }
};

TEST_F(TallyTest, CountsWhatIsAcceptedAndWhatIsRefused) {
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(make("toto"), EEXIST);
  EXPECT_EQ(enable("toto"), EINVAL);
  EXPECT_EQ(enable("toto"), EINVAL);
  EXPECT_EQ(tally().done, 1U);
  EXPECT_EQ(tally().refused,
            (std::map<Reason, std::uint64_t>{{Reason::exists, 1}, {Reason::incomplete, 2}}));
}

TEST_F(TallyTest, CountsMoreThanTheLogKeeps) {
  for (int i = 0; i < 300; ++i) ASSERT_NE(enable("nobody"), 0);
  EXPECT_EQ(tally().refused.at(Reason::gone), 300U);
}

TEST_F(TallyTest, CountsStepsThatTheKernelTook) {
  serve("toto");
  const auto up = steps();
  EXPECT_GT(up, 10U);
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_GT(steps(), up);
  const auto down = steps();
  ASSERT_EQ(device("toto", "/dev/b"), 0);
  EXPECT_EQ(steps(), down);
}

TEST_F(TallyTest, CountsTheStepsOfTheWayBackToo) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  const auto plan = engine_->plan(view("toto").serial).value();
  backend_.refuse_step(plan.size() - 1, EIO);
  ASSERT_EQ(enable("toto"), EIO);
  EXPECT_GT(steps(), plan.size() - 1);
}

TEST_F(TallyTest, MeasuresEachOperation) {
  serve("toto");
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(enable("toto"), 0);
  EXPECT_EQ(disable("nobody"), ESTALE);
  EXPECT_EQ(answers(Operation::enable), 2U);
  EXPECT_EQ(answers(Operation::disable), 2U);
  EXPECT_EQ(answers(Operation::change), 3U);
  EXPECT_EQ(answers(Operation::connect), 0U);
}

TEST_F(TallyTest, ShowsWhichDeviceIsHeld) {
  serve("toto");
  const auto held = view("toto").spaces.at(1).device;
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->same(devices_.identify("/dev/a").value()));
  EXPECT_TRUE(engine_->io(*held));
  ASSERT_EQ(disable("toto"), 0);
  EXPECT_FALSE(view("toto").spaces.at(1).device);
}

TEST_F(TallyTest, KnowsTheStateOfEachExportAsItsStatusDoes) {
  serve("up");
  ASSERT_EQ(make("draft"), 0);
  serve("pulled", "/dev/b", "tcp://10.0.0.2");
  serve("changed", "/dev/c", "tcp://10.0.0.2:9");
  ASSERT_TRUE(kernel_.write("subsystems/changed/namespaces/1/enable", "0"));
  ASSERT_TRUE(kernel_.mkdir("subsystems/theirs"));
  ASSERT_TRUE(appears("theirs"));
  ASSERT_TRUE(becomes("changed", State::drifted));
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.erase("/dev/b"); });
  ASSERT_TRUE(becomes("pulled", State::failed));
  const auto snapshot = engine_->snapshot();
  const auto states = states_of(*snapshot);
  EXPECT_THAT(states, SizeIs(5));
  for (const auto& [name, state] : states) EXPECT_EQ(state, status(name).state) << name;
  EXPECT_EQ(states.at("draft"), State::disabled);
  EXPECT_EQ(states.at("theirs"), State::foreign);
}

TEST_F(TallyTest, NamesTheHostsOfAllExportsAtOnce) {
  serve("toto");
  serve("titi", "/dev/b");
  ASSERT_TRUE(kernel_.connect("nqn.host", "toto", at("tcp://10.0.0.1")));
  const auto all = engine_->all_clients(*engine_->snapshot()).value();
  EXPECT_THAT(all, SizeIs(2));
  ASSERT_THAT(all.at("toto"), SizeIs(1));
  EXPECT_EQ(all.at("toto").front().host_nqn, "nqn.host");
  EXPECT_THAT(all.at("titi"), SizeIs(0));
}

}  // namespace
}  // namespace nvmeofs
