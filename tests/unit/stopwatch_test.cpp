#include "journal/stopwatch.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

namespace nvmeofs {
namespace {

using std::chrono::milliseconds;

TEST(Stopwatch, CountsAnAnswerWhateverItIs) {
  Stopwatch stopwatch;
  stopwatch.start(Operation::enable, nullptr)({});
  stopwatch.start(Operation::enable, nullptr)(refuse(EBUSY, Reason::device_in_use, "in use"));
  EXPECT_EQ(stopwatch.read().at(Operation::enable).count(), 2U);
  EXPECT_FALSE(stopwatch.read().contains(Operation::disable));
}

TEST(Stopwatch, GivesTheAnswerOn) {
  Stopwatch stopwatch;
  int errnum = 0;
  stopwatch.start(Operation::change, [&](const Result<void>& result) {
    errnum = result ? 0 : result.error().errnum;
  })(refuse(EBUSY, Reason::device_in_use, "in use"));
  EXPECT_EQ(errnum, EBUSY);
}

// Whoever is answered may look at once.
TEST(Stopwatch, HasCountedWhenTheAnswerIsThere) {
  Stopwatch stopwatch;
  std::uint64_t count = 0;
  stopwatch.start(Operation::change, [&](const Result<void>&) {
    count = stopwatch.read().at(Operation::change).count();
  })({});
  EXPECT_EQ(count, 1U);
}

TEST(Stopwatch, MeasuresUntilTheAnswer) {
  Stopwatch stopwatch;
  const auto answer = stopwatch.start(Operation::change, nullptr);
  std::this_thread::sleep_for(milliseconds(20));
  answer({});
  EXPECT_GE(stopwatch.read().at(Operation::change).sum, milliseconds(20));
}

TEST(Stopwatch, CanBeOutlivedByAnAnswer) {
  Completion answer;
  {
    Stopwatch stopwatch;
    answer = stopwatch.start(Operation::change, nullptr);
  }
  answer({});
}

TEST(Timing, PutsABoundIntoTheBucketBelowIt) {
  Timing timing;
  timing.add(milliseconds(1));
  timing.add(std::chrono::nanoseconds(1'000'001));
  timing.add(std::chrono::hours(1));
  EXPECT_EQ(timing.counts.at(0), 1U);
  EXPECT_EQ(timing.counts.at(1), 1U);
  EXPECT_EQ(timing.counts.back(), 1U);
}

TEST(Timing, AddsUp) {
  Timing one, other, both;
  one.add(milliseconds(5));
  other.add(milliseconds(500));
  both.add(milliseconds(5));
  both.add(milliseconds(500));
  one.add(other);
  EXPECT_EQ(one, both);
}

}  // namespace
}  // namespace nvmeofs
