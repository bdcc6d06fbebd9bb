// discovery.conf taken in, over the simulated host.
#include "discover_fixture.h"

namespace nvmeofs {
namespace {

class DiscoverConf : public DiscoverTest {
 protected:
  int take(const std::string& text) {
    return answer(submit_discovery(
        "", "discovery.conf", parse_discovery_conf(text).map([](std::vector<DiscoveryLine> lines) {
          return DiscoveryIntent(TakeConf{std::move(lines)});
        })));
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& [name, view] : discoveries_->snapshot()->discoveries) all.push_back(name);
    return all;
  }
  DiscoveryView of(const std::string& name) {
    return discoveries_->snapshot()->discoveries.at(name);
  }
};

TEST_F(DiscoverConf, MakesADirectoryOfEachLineAndConnectsAll) {
  EXPECT_EQ(take("# the hub\n-t tcp -a 10.0.0.9\n-t tcp -a 10.0.0.1 -s 4420 -p\n"), 0)
      << last_.message;
  EXPECT_THAT(names(), ElementsAre("tcp:10.0.0.1:4420", "tcp:10.0.0.9:8009"));
  EXPECT_TRUE(of("tcp:10.0.0.9:8009").wanted.connect_all);
  EXPECT_FALSE(of("tcp:10.0.0.9:8009").wanted.persistent);
  EXPECT_TRUE(of("tcp:10.0.0.1:4420").wanted.persistent);
  EXPECT_EQ(state("array"), ConnectionState::connected);
  EXPECT_EQ(state("other"), ConnectionState::connected);
}

TEST_F(DiscoverConf, UsesTheDirectoryThatIsThere) {
  ASSERT_EQ(make_discovery(hub), 0);
  EXPECT_EQ(take("-t tcp -a 10.0.0.9\n-t tcp -a 10.0.0.9 -s 8009\n"), 0) << last_.message;
  EXPECT_THAT(names(), ElementsAre(hub));
  EXPECT_TRUE(of(hub).wanted.connect_all);
  const auto before = controllers();
  EXPECT_EQ(take("-t tcp -a 10.0.0.9\n"), 0) << last_.message;
  EXPECT_EQ(controllers(), before);
}

TEST_F(DiscoverConf, LeavesNothingOfWhatDoesNotAnswer) {
  EXPECT_EQ(take("-t tcp -a 10.0.0.77\n-t tcp -a 10.0.0.9\n"), ECONNREFUSED);
  EXPECT_THAT(last_.message,
              HasSubstr("1 of 2 could not be asked or connected: tcp:10.0.0.77:8009"));
  EXPECT_THAT(names(), ElementsAre("tcp:10.0.0.9:8009"));
  EXPECT_EQ(state("array"), ConnectionState::connected);
}

TEST_F(DiscoverConf, AsksAsThisMachineOnly) {
  const auto own = initiator_.host_identity().value();
  EXPECT_EQ(take("-t tcp -a 10.0.0.9\n-t tcp -a 10.0.0.1 -q somebody\n"), EINVAL);
  EXPECT_THAT(last_.message, HasSubstr("line 2: it names another host"));
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(take("-t tcp -a 10.0.0.9 -q " + own.nqn + " -I " + own.id), 0) << last_.message;
}

TEST_F(DiscoverConf, OfCommentsChangesNothing) {
  EXPECT_EQ(take("# nothing\n"), 0);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(DiscoverConf, IsToldOfInTheLog) {
  EXPECT_EQ(take("-t tcp -a 10.0.0.9 -Q 64\n"), EINVAL);
  const auto record = discoveries_->snapshot()->log.back();
  EXPECT_EQ(record.what, "discovery/discovery.conf");
  EXPECT_THAT(record.text, HasSubstr("line 1: -Q"));
}

TEST_F(DiscoverConf, IsAnsweredAtTheEnd) {
  edit([](SimFabric& fabric) { fabric.silent.insert(at("tcp://10.0.0.9:8009")); });
  auto waiting = submit_discovery(
      "", "discovery.conf",
      DiscoveryIntent(TakeConf{parse_discovery_conf("-t tcp -a 10.0.0.9").value()}));
  ASSERT_TRUE(wait_until([&] { return initiator_.waiting_at_silent() == 1; }));
  discoveries_->stop();
  EXPECT_EQ(answer(std::move(waiting)), ESHUTDOWN);
  initiator_.let_go();
}

}  // namespace
}  // namespace nvmeofs
