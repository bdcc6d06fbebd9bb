// What is to be connected for somebody else than a user: a discovery controller, a config.json.
#include "connect/join.h"

#include "connect_fixture.h"

namespace nvmeofs {
namespace {

class JoinTest : public ConnectTest {
 protected:
  Failures all(std::vector<Join> joins) {
    std::vector<Chain<ConnectionRequest>> chains;
    for (const auto& join : joins) chains.push_back(chain_of(join, {.uid = 0, .command = "test"}));
    auto promise = std::make_shared<std::promise<Failures>>();
    submit_all<ConnectionRequest>(
        [this](ConnectionRequest request, Completion completion) {
          connections_->submit(std::move(request), std::move(completion));
        },
        std::move(chains), [promise](Failures failed) { promise->set_value(std::move(failed)); });
    return promise->get_future().get();
  }
  static Join join(const char* path) {
    return {.name = "array", .make = true, .connect = true, .paths = {at(path)}};
  }
};

// As two discovery controllers list it.
TEST_F(JoinTest, OfOneSubsystemAtOnceAreOneConnectionWithThePathsOfBoth) {
  const auto failed = all({join("10.0.0.1"), join("10.0.0.2")});
  EXPECT_TRUE(failed.empty()) << failed.begin()->second.message;
  EXPECT_THAT(connections_->snapshot()->connections.at("array").wanted.addresses,
              testing::UnorderedElementsAre(at("10.0.0.1"), at("10.0.0.2")));
  EXPECT_TRUE(wait_until([&] { return state("array") == ConnectionState::connected; }));
}

TEST_F(JoinTest, ThatFailsTakesNothingBackThatItHasNotMade) {
  ASSERT_EQ(make("array"), 0);
  Join failing = join("10.0.0.9");
  EXPECT_EQ(all({failing}).size(), 1U);
  EXPECT_TRUE(connections_->snapshot()->connections.contains("array"));
}

TEST_F(JoinTest, ThatFailsTakesBackWhatItHasMade) {
  EXPECT_EQ(all({join("10.0.0.9")}).size(), 1U);
  EXPECT_FALSE(connections_->snapshot()->connections.contains("array"));
}

}  // namespace
}  // namespace nvmeofs
