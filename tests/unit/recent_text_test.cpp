#include "fs/recent_text.h"

#include <gtest/gtest.h>

#include "support/wait_until.h"

namespace nvmeofs {
namespace {

class Recent : public ::testing::Test {
 protected:
  int made_ = 0;
  RecentText text_{[this] { return std::to_string(++made_); }};
};

TEST_F(Recent, StaysWhileNothingChanges) {
  // A machine can stop for longer than a text stays.
  EXPECT_TRUE(wait_until([&] { return text_.at(1).text == text_.at(1).text; }));
  EXPECT_TRUE(wait_until([&] { return text_.at(1).changed == text_.at(1).changed; }));
}

TEST_F(Recent, IsMadeAnewAfterAChange) {
  EXPECT_EQ(text_.at(1).text, "1");
  EXPECT_EQ(text_.at(2).text, "2");
}

TEST_F(Recent, IsMadeAnewAfterAWhile) {
  EXPECT_EQ(text_.at(1).text, "1");
  EXPECT_TRUE(wait_until([&] { return text_.at(1).text != "1"; }));
}

// As a file that nobody has written to since.
TEST(RecentTexts, HasTheTimeFromWhichItIsAsItIs) {
  RecentText text([] { return "the same"; });
  EXPECT_EQ(text.at(1).changed, text.at(2).changed);
}

}  // namespace
}  // namespace nvmeofs
