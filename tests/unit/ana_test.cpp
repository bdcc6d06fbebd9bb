#include "nvmeofs/ana.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nvmeofs {
namespace {

TEST(AnaGroup, IsANumberThatTheKernelDoesNotMakeAnotherOf) {
  EXPECT_EQ(parse_ana_group("1").value(), 1U);
  EXPECT_EQ(parse_ana_group("127").value(), 127U);
  for (const char* text :
       {"0", "128", "01", "0x2", "+2", "-1", " 2", "2 ", "two", "", "4294967298"}) {
    const auto group = parse_ana_group(text);
    ASSERT_FALSE(group) << text;
    EXPECT_EQ(group.error().errnum, EINVAL) << text;
  }
}

TEST(AnaState, IsReadBackByItsName) {
  for (const AnaState state : ana_states) EXPECT_EQ(parse_ana_state(to_string(state)), state);
}

TEST(AnaState, OfAnotherNameIsRefused) {
  for (const char* text : {"", "Optimized", "non_optimized", "optimized ", "changed"}) {
    const auto state = parse_ana_state(text);
    ASSERT_FALSE(state) << text;
    EXPECT_EQ(state.error().errnum, EINVAL) << text;
  }
}

TEST(AnaState, OfAPathThatHostsUseIsOneOfTwo) {
  EXPECT_TRUE(is_usable(AnaState::optimized));
  EXPECT_TRUE(is_usable(AnaState::non_optimized));
  for (const AnaState state : {AnaState::inaccessible, AnaState::persistent_loss, AnaState::change})
    EXPECT_FALSE(is_usable(state)) << to_string(state);
}

}  // namespace
}  // namespace nvmeofs
