#include "sessions/attribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nvmeofs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const std::string h1 = "nqn.x:h1";
const std::string h2 = "nqn.x:h2";

TransportAddress tcp(const std::string& text) {
  return *TransportAddress::parse(text, Trtype::tcp);
}

auto client(const std::string& peer, const std::string& host_nqn, Certainty certainty) {
  return AllOf(Field(&Client::peer, peer), Field(&Client::host_nqn, host_nqn),
               Field(&Client::certainty, certainty));
}

// A machine with ports, and hosts that come and go; looked at as KernelSessions does.
class Machine {
 public:
  // A controller as its host sees it.
  struct Session {
    std::uint16_t cntlid;
    std::vector<std::uint64_t> connections;
  };

  void serve(const std::string& traddr, std::set<std::string> subsystems) {
    const auto address = tcp(traddr);
    Port port;
    port.attributes = {{"addr_trtype", "tcp"},
                       {"addr_adrfam", std::string(to_string(address.adrfam))},
                       {"addr_traddr", address.traddr},
                       {"addr_trsvcid", std::to_string(address.trsvcid)}};
    for (const auto& nqn : subsystems) {
      port.subsystems[nqn] = nqn;
      target.subsystems[nqn];
    }
    target.ports[std::to_string(target.ports.size() + 1)] = port;
  }

  void wait(milliseconds time) { now_ += time; }

  void look() {
    wait(milliseconds(1));
    const auto begin = now_;
    wait(milliseconds(1));
    std::vector<HostConnection> connections;
    for (const auto& [id, connection] : alive_) connections.push_back(connection);
    history.observe(begin, now_, connections);
    wait(milliseconds(1));
    read_at_ = now_;
  }

  std::uint64_t open(const std::string& local, const std::string& peer) {
    wait(milliseconds(1));
    const auto id = ++last_;
    alive_[id] = {{Trtype::tcp, id}, tcp(local), peer};
    return id;
  }

  void close(std::uint64_t id) { alive_.erase(id); }

  std::uint16_t line(const std::string& subsystem, const std::string& host_nqn,
                     std::optional<std::uint16_t> cntlid = {}) {
    wait(milliseconds(1));
    const std::uint16_t number = cntlid ? *cntlid : ++last_cntlid_;
    history.created({number, subsystem == "discovery", subsystem, host_nqn},
                    std::max(read_at_, now_ - milliseconds(200)), now_);
    return number;
  }

  // What a Linux host does, with a look at the line and a few behind it, as the thread has them.
  Session connect(const std::string& local, const std::string& peer, const std::string& subsystem,
                  const std::string& host_nqn, int queues = 2) {
    Session session{0, {open(local, peer)}};
    session.cntlid = line(subsystem, host_nqn);
    look();
    for (int i = 0; i < queues; ++i) {
      session.connections.push_back(open(local, peer));
      if (i % 2 == 0) look();
    }
    return session;
  }

  Session discover(const std::string& local, const std::string& peer, const std::string& host_nqn) {
    return connect(local, peer, "discovery", host_nqn, 0);
  }

  // The admin connection goes last.
  void disconnect(const Session& session) {
    for (auto id = session.connections.rbegin(); id != session.connections.rend(); ++id) close(*id);
  }

  std::vector<Client> clients(const std::string& subsystem) {
    look();
    return clients_of(history, target, subsystem);
  }

  Target target;
  SessionHistory history;

 private:
  Moment now_{std::chrono::hours(1000)};
  Moment read_at_ = Moment::min();
  std::map<std::uint64_t, HostConnection> alive_;
  std::uint64_t last_ = 0;
  std::uint16_t last_cntlid_ = 0;
};

constexpr auto address = "10.0.0.1";
constexpr auto p1 = "10.0.0.51";
constexpr auto p2 = "10.0.0.52";

class Attribution : public testing::Test {
 protected:
  Machine machine;
};

TEST_F(Attribution, FindsNobodyWhereNobodyIs) {
  machine.serve(address, {"a", "b"});
  machine.look();
  EXPECT_THAT(machine.clients("a"), IsEmpty());
}

TEST_F(Attribution, FindsNobodyOfASubsystemWithoutPort) {
  machine.serve(address, {"a"});
  machine.look();
  machine.connect(address, p1, "a", h1);
  EXPECT_THAT(machine.clients("other"), IsEmpty());
}

TEST_F(Attribution, NamesTheHostOfTheLine) {
  machine.serve(address, {"a"});
  machine.look();
  machine.connect(address, p1, "a", h1);
  const auto clients = machine.clients("a");
  EXPECT_THAT(clients, ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_EQ(clients.front().address, tcp(address));
  EXPECT_EQ(clients.front().source, "kernel log");
}

TEST_F(Attribution, IsOfTheSubsystemThatTheLineNames) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.connect(address, p1, "a", h1, 8);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, OfSeveralSubsystemsIsThatOfEach) {
  machine.serve(address, {"a", "b", "nobody"});
  machine.look();
  machine.connect(address, p1, "a", h1);
  machine.look();
  machine.wait(seconds(30));
  machine.connect(address, p2, "b", h2);
  machine.look();
  const std::set<std::string> subsystems{"a", "b", "nobody", "other"};
  const auto all = clients_of(machine.history, machine.target, subsystems);
  EXPECT_THAT(all, SizeIs(4));
  EXPECT_THAT(all.at("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(all.at("b"), ElementsAre(client(p2, h2, Certainty::sure)));
  EXPECT_THAT(all.at("nobody"), IsEmpty());
  EXPECT_THAT(all.at("other"), IsEmpty());
}

TEST_F(Attribution, EndsWithTheConnections) {
  machine.serve(address, {"a", "b"});
  machine.look();
  const auto session = machine.connect(address, p1, "a", h1);
  machine.disconnect(session);
  EXPECT_THAT(machine.clients("a"), IsEmpty());
}

TEST_F(Attribution, LastsAsLongAsOneConnection) {
  machine.serve(address, {"a", "b"});
  machine.look();
  const auto session = machine.connect(address, p1, "a", h1);
  machine.close(session.connections[0]);
  machine.close(session.connections[1]);
  EXPECT_THAT(machine.clients("a"), SizeIs(1));
}

TEST_F(Attribution, TakesTheConnectionsOfAnUnsharedPort) {
  machine.serve(address, {"a"});
  machine.open(address, p1);  // before we came, and the log does not know of it
  const auto clients = machine.clients("a");
  EXPECT_THAT(clients, ElementsAre(client(p1, "", Certainty::sure)));
  EXPECT_EQ(clients.front().source, "only export on this port");
}

TEST_F(Attribution, DoesNotCountDiscovery) {
  machine.serve(address, {"a"});
  machine.serve("10.0.0.2", {"a", "b"});
  machine.look();
  machine.discover(address, p1, h1);
  machine.discover("10.0.0.2", p1, h1);
  EXPECT_THAT(machine.clients("a"), IsEmpty());
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, CountsTheHostThatDiscoveredFirst) {
  machine.serve(address, {"a", "b"});
  machine.look();
  const auto discovery = machine.discover(address, p1, h1);
  machine.disconnect(discovery);
  machine.connect(address, p1, "a", h1);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, CountsNoDiscoveryThatOutlivesTheHost) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.discover(address, p1, h1);
  const auto session = machine.connect(address, p1, "a", h1);
  EXPECT_THAT(machine.clients("a"), SizeIs(1));
  machine.disconnect(session);
  EXPECT_THAT(machine.clients("a"), IsEmpty());
}

TEST_F(Attribution, TellsTwoSubsystemsOfOneHostApart) {
  machine.serve(address, {"a", "b", "c"});
  machine.look();
  const auto a = machine.connect(address, p1, "a", h1, 8);
  const auto b = machine.connect(address, p1, "b", h1, 8);  // at once, as connect-all does
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), SizeIs(1));
  EXPECT_THAT(machine.clients("c"), IsEmpty());
  machine.disconnect(a);
  EXPECT_THAT(machine.clients("a"), IsEmpty());
  EXPECT_THAT(machine.clients("b"), SizeIs(1));
  machine.disconnect(b);
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, TellsTwoSubsystemsOfOneHostApartWhenTheLaterOneGoes) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.connect(address, p1, "a", h1, 7);  // the last ones are first seen together with b's
  const auto b = machine.connect(address, p1, "b", h1, 8);
  machine.look();
  machine.disconnect(b);
  EXPECT_THAT(machine.clients("b"), IsEmpty());
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
}

TEST_F(Attribution, IsSureOfASubsystemConnectedLater) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.connect(address, p1, "a", h1);
  machine.look();
  machine.wait(seconds(60));
  machine.connect(address, p1, "b", h1);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), ElementsAre(client(p1, h1, Certainty::sure)));
}

TEST_F(Attribution, KeepsTwoHostsOnOnePortApart) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.connect(address, p1, "a", h1);
  machine.look();
  const auto second = machine.connect(address, p2, "b", h2);
  EXPECT_THAT(machine.clients("b"), testing::Contains(client(p2, h2, Certainty::sure)));
  machine.wait(seconds(2));
  machine.look();
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), ElementsAre(client(p2, h2, Certainty::sure)));
  machine.disconnect(second);
  EXPECT_THAT(machine.clients("a"), SizeIs(1));
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, KeepsTwoHostsBehindOneAddressApart) {
  machine.serve(address, {"a", "b"});
  machine.look();
  const auto first = machine.connect(address, p1, "a", h1);
  machine.look();
  machine.wait(seconds(60));
  machine.connect(address, p1, "a", h2);
  EXPECT_THAT(machine.clients("a"), UnorderedElementsAre(client(p1, h1, Certainty::sure),
                                                         client(p1, h2, Certainty::sure)));
  machine.disconnect(first);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h2, Certainty::sure)));
}

TEST_F(Attribution, LosesNoHostOfTwoThatComeTogether) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.open(address, p1);
  const auto second = machine.open(address, p2);
  machine.line("a", h1);
  machine.line("b", h2);
  machine.look();
  machine.open(address, p1);
  const auto queue = machine.open(address, p2);
  machine.look();
  EXPECT_THAT(machine.clients("a"), testing::Contains(client(p1, h1, Certainty::likely)));
  EXPECT_THAT(machine.clients("b"), testing::Contains(client(p2, h2, Certainty::likely)));
  machine.close(second);
  machine.close(queue);
  EXPECT_THAT(machine.clients("a"), testing::Contains(client(p1, h1, Certainty::likely)));
}

// As two that connect one right after the other look from a machine that is busy with it.
TEST_F(Attribution, NamesBothHostsBehindOneAddressThatComeTogether) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.open(address, p1);
  machine.line("a", h1);
  machine.look();
  machine.open(address, p1);
  machine.open(address, p1);
  machine.line("a", h2);
  machine.open(address, p1);
  machine.look();
  EXPECT_THAT(machine.clients("a"), UnorderedElementsAre(client(p1, h1, Certainty::sure),
                                                         client(p1, h2, Certainty::likely)));
}

TEST_F(Attribution, NamesNeitherOfTwoHostsBehindOneAddressThatComeWithoutALookBetween) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.open(address, p1);
  machine.line("a", h1);
  machine.open(address, p1);
  machine.open(address, p1);
  machine.line("a", h2);
  machine.open(address, p1);
  machine.look();
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, "", Certainty::sure)));
}

TEST_F(Attribution, FollowsAHostThatReconnects) {
  machine.serve(address, {"a", "b"});
  machine.look();
  const auto before = machine.connect(address, p1, "a", h1);
  machine.look();
  machine.wait(seconds(600));
  const auto after = machine.connect(address, p1, "a", h1);  // the old one is half open yet
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  machine.disconnect(before);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  machine.disconnect(after);
  EXPECT_THAT(machine.clients("a"), IsEmpty());
}

TEST_F(Attribution, IsNotMisledByAHostThatWasGoneBeforeTheLook) {
  machine.serve(address, {"a", "b"});
  machine.look();
  const auto brief = machine.open(address, p1);
  machine.line("b", h1);
  machine.close(brief);
  machine.open(address, p1);  // its line comes next
  machine.look();
  machine.line("a", h1);
  machine.look();
  machine.open(address, p1);
  machine.look();
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
}

TEST_F(Attribution, SharesOutWhatItCannotTellApart) {
  // b's host may have been gone before the look, or a's.
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.open(address, p1);
  machine.line("a", h1);
  machine.line("b", h1);
  machine.look();
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::likely)));
  EXPECT_THAT(machine.clients("b"), ElementsAre(client(p1, h1, Certainty::likely)));
}

TEST_F(Attribution, ExplainsAConnectionThatWaitedLongForItsLine) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.open(address, p1);
  machine.look();
  machine.wait(seconds(30));  // nvmet holds its lock while a namespace is disabled
  machine.line("a", h1);
  machine.look();
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, CountsAConnectionWithoutALineForAllOfItsPort) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.open(address, p1);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, "", Certainty::likely)));
  EXPECT_THAT(machine.clients("b"), ElementsAre(client(p1, "", Certainty::likely)));
}

TEST_F(Attribution, ReadsTheLogOfBeforeTheStart) {
  machine.serve(address, {"a", "b"});
  machine.open(address, p1);
  machine.line("a", h1);
  machine.open(address, p1);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, IsUnsureOfAConnectionFromBeforeTheStartThatSeveralLinesExplain) {
  machine.serve(address, {"a", "b", "c"});
  machine.line("b", h2);
  machine.open(address, p1);
  machine.line("a", h1);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::likely)));
  EXPECT_THAT(machine.clients("b"), ElementsAre(client(p1, h2, Certainty::likely)));
  EXPECT_THAT(machine.clients("c"), IsEmpty());
}

TEST_F(Attribution, KnowsFromACntlidGivenAgainThatItsOwnerIsGone) {
  machine.serve(address, {"a", "b"});
  machine.line("b", h2, 1);
  machine.open(address, p1);
  machine.line("a", h1, 1);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, KnowsFromTheLogThatAKeepAliveExpired) {
  machine.serve(address, {"a", "b"});
  const auto cntlid = machine.line("b", h2);
  machine.history.expired(cntlid);
  machine.open(address, p1);
  machine.line("a", h1);
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, SparesNoSubsystemOfASharedPortWhenTheLogIsShort) {
  machine.serve(address, {"a", "b"});
  machine.serve("10.0.0.2", {"c"});
  machine.history.lost(Moment::min(), Moment{std::chrono::hours(1000)});
  machine.open(address, p1);
  machine.open("10.0.0.2", p2);
  machine.line("a", h1);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::likely)));
  EXPECT_THAT(machine.clients("b"), ElementsAre(client(p1, "", Certainty::likely)));
  EXPECT_THAT(machine.clients("c"), ElementsAre(client(p2, "", Certainty::sure)));
}

TEST_F(Attribution, IsSureAgainOfWhatComesAfterTheGap) {
  machine.serve(address, {"a", "b"});
  machine.history.lost(Moment::min(), Moment{std::chrono::hours(1000)});
  machine.look();
  machine.wait(seconds(1));
  machine.connect(address, p1, "a", h1);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, CanDoWithoutALog) {
  machine.serve(address, {"a", "b"});
  machine.serve("10.0.0.2", {"a"});
  machine.history.lost(Moment::min(), Moment::max());
  machine.look();
  machine.open(address, p1);
  machine.open("10.0.0.2", p2);
  EXPECT_THAT(machine.clients("a"), UnorderedElementsAre(client(p1, "", Certainty::likely),
                                                         client(p2, "", Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), ElementsAre(client(p1, "", Certainty::likely)));
}

TEST_F(Attribution, LosesNobodyOfABurst) {
  std::set<std::string> subsystems;
  for (int i = 0; i < 10; ++i) subsystems.insert("s" + std::to_string(i));
  machine.serve(address, subsystems);
  machine.look();
  std::vector<std::uint64_t> opened;
  for (int host = 0; host < 100; ++host) {
    opened.push_back(machine.open(address, "10.0.1." + std::to_string(host)));
  }
  for (int host = 0; host < 100; ++host) {
    machine.line("s" + std::to_string(host % 10), "nqn.x:h" + std::to_string(host));
  }
  machine.look();
  for (int host = 0; host < 100; ++host) {
    for (int queue = 0; queue < 3; ++queue) {
      opened.push_back(machine.open(address, "10.0.1." + std::to_string(host)));
    }
    if (host % 10 == 0) machine.look();
  }
  for (const auto* subsystem : {"s0", "s9"}) {
    EXPECT_GE(machine.clients(subsystem).size(), 10U) << subsystem;
  }
  for (const auto id : opened) machine.close(id);
  for (const auto* subsystem : {"s0", "s9"}) EXPECT_THAT(machine.clients(subsystem), IsEmpty());
}

TEST_F(Attribution, ForgetsWhatIsOver) {
  machine.serve(address, {"a", "b"});
  machine.look();
  machine.connect(address, p1, "a", h1);
  machine.look();
  for (int i = 0; i < 1000; ++i) {
    machine.disconnect(machine.connect(address, p2, "b", h2));
    machine.wait(seconds(1));
    machine.look();
    if (machine.history.is_long()) machine.history.forget(explain(machine.history, nullptr));
  }
  EXPECT_LT(machine.history.connections().size(), 512U);
  EXPECT_LT(machine.history.controllers().size(), 512U);
  EXPECT_THAT(machine.clients("a"), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, KnowsASubsystemByAsMuchOfItsNameAsTheKernelKeeps) {
  const std::string name(255, 'n');
  machine.serve(address, {name, "b"});
  machine.look();
  machine.connect(address, p1, name.substr(0, 223), h1);
  EXPECT_THAT(machine.clients(name), ElementsAre(client(p1, h1, Certainty::sure)));
  EXPECT_THAT(machine.clients("b"), IsEmpty());
}

TEST_F(Attribution, FindsTheWildcardPortOfALocalAddress) {
  machine.serve("0.0.0.0:4420", {"four"});
  machine.serve("[::]:4421", {"six"});
  machine.serve("10.0.0.1:4422", {"one"});
  const PortIndex index(machine.target);
  const auto serves = [&](const std::string& local) {
    const auto* port = index.find(tcp(local));
    return port != nullptr ? port->subsystems.begin()->first : "nothing";
  };
  EXPECT_EQ(serves("10.0.0.1:4420"), "four");
  EXPECT_EQ(serves("[fd00::1]:4420"), "nothing");
  EXPECT_EQ(serves("[fd00::1]:4421"), "six");
  EXPECT_EQ(serves("10.0.0.1:4421"), "six");
  EXPECT_EQ(serves("10.0.0.1:4422"), "one");
  EXPECT_EQ(serves("10.0.0.2:4422"), "nothing");
  EXPECT_EQ(serves("rdma://10.0.0.1:4422"), "nothing");
}

}  // namespace
}  // namespace nvmeofs
