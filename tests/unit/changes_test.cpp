#include "engine/changes.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "nvmeofs/mapping.h"
#include "nvmeofs/plan.h"

namespace nvmeofs {
namespace {

TransportAddress address(const char* text) {
  return TransportAddress::parse(text, Trtype::tcp).value();
}

Export draft() {
  return {.name = Nqn::parse("toto").value(),
          .addresses = {},
          .hosts = {.any = true, .list = {}},
          .enabled = false,
          .identity = {}};
}

Export served() {
  Export result = draft();
  result.first().device = DevicePath::parse("/dev/a").value();
  result.addresses = {address("10.0.0.1"), address("10.0.0.2")};
  result.enabled = true;
  result.identity = {.serial = "s"};
  result.first().uuid = "u";
  return result;
}

TEST(Change, OfAnEnabledExportCannotClear) {
  EXPECT_EQ(changed(served(), SetDevice{}).error().errnum, EBUSY);
  EXPECT_EQ(changed(served(), SetAddresses{}).error().errnum, EBUSY);
  EXPECT_EQ(changed(served(), SetHosts{}).error().errnum, EBUSY);
}

TEST(Change, OfADraftCanClear) {
  Export stopped = served();
  stopped.enabled = false;
  EXPECT_FALSE(changed(stopped, SetDevice{})->first().device);
  EXPECT_TRUE(changed(stopped, SetAddresses{})->addresses.empty());
  EXPECT_EQ(changed(stopped, SetHosts{})->hosts, Hosts{});
}

TEST(Change, ThatAppendsKeepsWhatIsThere) {
  const auto next =
      changed(served(), SetAddresses{{address("10.0.0.2"), address("10.0.0.3")}, true}).value();
  EXPECT_EQ(next.addresses,
            (std::vector{address("10.0.0.1"), address("10.0.0.2"), address("10.0.0.3")}));
}

TEST(Change, ToAListOfHostsEndsAny) {
  const Hosts list{.any = false, .list = {Nqn::parse("nqn.h").value()}};
  EXPECT_EQ(changed(draft(), SetHosts{list, true})->hosts, list);
  EXPECT_TRUE(
      changed(*changed(draft(), SetHosts{list, false}), SetHosts{{.any = true, .list = {}}, true})
          ->hosts.list.empty());
}

TEST(Change, EnablesOnlyWhatIsComplete) {
  Export half = draft();
  EXPECT_EQ(changed(half, SetEnabled{true, false}).error().errnum, EINVAL);
  half.first().device = DevicePath::parse("/dev/a").value();
  const auto refused = changed(half, SetEnabled{true, false});
  EXPECT_EQ(refused.error().reason, Reason::incomplete);
  EXPECT_NE(refused.error().message.find("address"), std::string::npos);
}

class Losers : public testing::Test {
 protected:
  static Client client(const char* at, const char* nqn) {
    return {address(at), "10.0.0.9", nqn, Certainty::sure, ""};
  }
  std::size_t count(const Export& next) {
    const Plan plan = make_plan(observed_, with_export(observed_, next, {}));
    return who_would_lose(clients_, plan, observed_, "toto", next.hosts).size();
  }

  const Target observed_ = with_export({}, served(), {});
  const std::vector<Client> clients_{client("10.0.0.1", "nqn.a"), client("10.0.0.2", "nqn.b"),
                                     client("10.0.0.2", "")};
};

TEST_F(Losers, AreNoneWhenNothingChanges) {
  EXPECT_EQ(count(served()), 0U);
}

TEST_F(Losers, AreAllWhenItStops) {
  Export next = served();
  next.enabled = false;
  EXPECT_EQ(count(next), 3U);
}

TEST_F(Losers, AreAllWhenTheDeviceChanges) {
  Export next = served();
  next.first().device = DevicePath::parse("/dev/b").value();
  EXPECT_EQ(count(next), 3U);
}

TEST_F(Losers, AreThoseOfTheAddressThatGoes) {
  Export next = served();
  next.addresses.pop_back();
  EXPECT_EQ(count(next), 2U);
}

TEST_F(Losers, AreNoneWhenAnAddressComes) {
  Export next = served();
  next.addresses.push_back(address("10.0.0.3"));
  EXPECT_EQ(count(next), 0U);
}

TEST_F(Losers, AreThoseWhomTheListDoesNotName) {
  Export next = served();
  next.hosts = {.any = false, .list = {Nqn::parse("nqn.a").value()}};
  EXPECT_EQ(count(next), 2U);  // nqn.b, and the one of whom no name is known
}

TEST(Words, SayWhatDiffers) {
  const Target there = with_export({}, served(), {});
  Target without = there;
  without.ports.at("1").subsystems.clear();
  EXPECT_EQ(in_words(make_plan(without, there)), "ports/1/subsystems/toto is missing");
}

TEST(Words, StopAfterAFew) {
  EXPECT_NE(in_words(make_plan({}, with_export({}, served(), {}))).find("; and 16 more"),
            std::string::npos);
}

TEST(Explanation, KeepsTheErrnoAndNamesTheStep) {
  const Target there = with_export({}, served(), {});
  const Step link{Verb::make_link, "ports/1/subsystems/toto", "subsystems/toto", ""};
  const Error error =
      explained({EADDRINUSE, Reason::kernel_refused, ""}, link, there, served(), "N");
  EXPECT_EQ(error.errnum, EADDRINUSE);
  EXPECT_EQ(error.reason, Reason::address_in_use);
  EXPECT_NE(error.message.find("ln -s N/subsystems/toto N/ports/1/subsystems/toto"),
            std::string::npos);
  EXPECT_NE(error.message.find("tcp://10.0.0.1:4420"), std::string::npos);
}

}  // namespace
}  // namespace nvmeofs
