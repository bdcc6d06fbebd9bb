// Who is connected over FC, by the lines of the kernel's log.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "sessions/associations.h"

namespace nvmeofs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* first = "nn-0x1000000000000001:pn-0x2000000000000001";
constexpr const char* second = "nn-0x1000000000000001:pn-0x2000000000000002";

class AssociationsTest : public testing::Test {
 protected:
  AssociationsTest() { serve("1", first, {"a", "b"}); }

  void serve(const std::string& id, const char* traddr, const std::vector<std::string>& nqns) {
    Port& port = target.ports[id];
    port.attributes = {{"addr_trtype", "fc"}, {"addr_adrfam", "fc"}, {"addr_traddr", traddr}};
    for (const auto& nqn : nqns) port.subsystems[nqn] = nqn;
  }
  void host(unsigned number, const char* nqn, const char* subsystem, bool discovery = false) {
    associations.begun({0, number}, now);
    line(nqn, subsystem, discovery);
  }
  void line(const char* nqn, const char* subsystem, bool discovery = false) {
    associations.created(
        {.cntlid = 1, .discovery = discovery, .subsystem = subsystem, .host_nqn = nqn}, now);
  }
  void later(std::uint64_t seconds) { now += seconds * 1'000'000; }

  // "nqn.h1 sure", the unknown one as "? likely".
  std::vector<std::string> clients(const std::string& subsystem) const {
    std::vector<std::string> texts;
    for (const auto& client : associations.clients(target, subsystem))
      texts.push_back((client.host_nqn.empty() ? "?" : client.host_nqn) +
                      (client.certainty == Certainty::sure ? " sure" : " likely"));
    return texts;
  }

  Target target;
  Associations associations;
  std::uint64_t now = 0;
};

TEST_F(AssociationsTest, HaveAHostUntilItLeaves) {
  host(0, "nqn.h1", "a");
  EXPECT_THAT(clients("a"), ElementsAre("nqn.h1 sure"));
  EXPECT_THAT(clients("b"), IsEmpty());
  EXPECT_EQ(associations.clients(target, "a").front().address.traddr, first);
  associations.ended({0, 0});
  EXPECT_THAT(clients("a"), IsEmpty());
}

TEST_F(AssociationsTest, AreToldApartByTheirPort) {
  host(0, "nqn.h1", "a");
  associations.ended({1, 0});
  EXPECT_THAT(clients("a"), ElementsAre("nqn.h1 sure"));
}

TEST_F(AssociationsTest, WhoseNumberIsGivenAgainAreOver) {
  host(0, "nqn.h1", "a");
  host(0, "nqn.h2", "b");
  EXPECT_THAT(clients("a"), IsEmpty());
  EXPECT_THAT(clients("b"), ElementsAre("nqn.h2 sure"));
}

TEST_F(AssociationsTest, OfDiscoveryAreNoClients) {
  host(0, "nqn.h1", "nqn.2014-08.org.nvmexpress.discovery", true);
  EXPECT_THAT(clients("a"), IsEmpty());
}

TEST_F(AssociationsTest, WithoutALineAreSomebody) {
  associations.begun({0, 0}, now);
  EXPECT_THAT(clients("a"), ElementsAre("? likely"));
  EXPECT_THAT(clients("b"), ElementsAre("? likely"));
}

TEST_F(AssociationsTest, WaitForTheirLineAsLongAsItTakes) {
  associations.begun({0, 0}, now);
  later(60);
  line("nqn.h1", "a");
  EXPECT_THAT(clients("a"), ElementsAre("nqn.h1 sure"));
}

// Whose line is whose is not said: of two that come at once each may be the one or the other, and
// both stay until both have gone.
TEST_F(AssociationsTest, ThatComeAtOnceAreEachOthers) {
  associations.begun({0, 0}, now);
  host(1, "nqn.h1", "a");
  line("nqn.h2", "b");
  associations.ended({0, 0});
  EXPECT_THAT(clients("a"), ElementsAre("nqn.h1 likely"));
  EXPECT_THAT(clients("b"), ElementsAre("nqn.h2 likely"));
  associations.ended({0, 1});
  EXPECT_THAT(clients("a"), IsEmpty());
  EXPECT_THAT(clients("b"), IsEmpty());
}

TEST_F(AssociationsTest, ThatComeOneAfterTheOtherAreToldApart) {
  host(0, "nqn.h1", "a");
  later(11);
  host(1, "nqn.h2", "a");
  associations.ended({0, 0});
  EXPECT_THAT(clients("a"), ElementsAre("nqn.h2 sure"));
}

// The target was held up, and another host came meanwhile.
TEST_F(AssociationsTest, ThatComeSlowlyMayBeOfALaterLine) {
  associations.begun({0, 0}, now);
  later(5);
  line("nqn.h1", "b");
  later(30);
  line("nqn.h2", "a");
  EXPECT_THAT(clients("a"), ElementsAre("nqn.h2 likely"));
  later(90);
  line("nqn.h3", "a");
  EXPECT_THAT(clients("a"), ElementsAre("nqn.h2 likely"));
}

TEST_F(AssociationsTest, AreAtEachPortThatServesTheSubsystem) {
  serve("2", second, {"a"});
  host(0, "nqn.h1", "a");
  EXPECT_THAT(clients("a"), ElementsAre("nqn.h1 likely", "nqn.h1 likely"));
}

TEST_F(AssociationsTest, AreNoneOfWhatIsNotServedThere) {
  host(0, "nqn.h1", "a");
  target.ports.clear();
  EXPECT_THAT(clients("a"), IsEmpty());
}

TEST_F(AssociationsTest, AreNotAllKnownWhereLinesWereLost) {
  EXPECT_TRUE(associations.complete());
  associations.lost();
  EXPECT_FALSE(associations.complete());
}

}  // namespace
}  // namespace nvmeofs
