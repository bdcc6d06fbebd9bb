// What is there of a connection, by value alone.
#include "connect/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/backoff.h"

namespace nvmeofs {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

TransportAddress at(const char* text) {
  return TransportAddress::parse(text, Trtype::tcp).value();
}

Connection wanted(std::vector<TransportAddress> addresses) {
  return {.name = Nqn::parse("toto").value(), .addresses = std::move(addresses), .connected = true};
}

HostController controller(const char* name, const char* address,
                          ControllerState state = ControllerState::live) {
  HostController made;
  made.name = name;
  made.subsystem = "toto";
  made.transport = "tcp";
  made.address = at(address);
  made.state = state;
  made.namespaces = {{.disk = "nvme0n1", .nsid = 1, .ana_state = "optimized"}};
  return made;
}

HostTopology topology(const std::vector<HostController>& controllers) {
  HostTopology made;
  for (const auto& each : controllers) made.controllers.emplace(each.name, each);
  return made;
}

ConnectionState state(const Connection& connection, const HostTopology& observed) {
  return state_of({.wanted = connection}, observed);
}

TEST(Reconcile, TellsWhatIsThereWhatIsMissingAndWhatIsNotOurs) {
  const auto observed =
      topology({controller("nvme0", "10.0.0.1"), controller("nvme1", "10.0.0.9")});
  const auto paths = reconcile(wanted({at("10.0.0.1"), at("10.0.0.2")}), observed);
  ASSERT_EQ(paths.there.size(), 1U);
  EXPECT_EQ(paths.there.at(at("10.0.0.1"))->name, "nvme0");
  EXPECT_THAT(paths.missing, ElementsAre(at("10.0.0.2")));
  ASSERT_EQ(paths.others.size(), 1U);
  EXPECT_EQ(paths.others[0]->name, "nvme1");
}

TEST(Reconcile, TakesTheLiveOneOfTwo) {
  const auto observed = topology({controller("nvme0", "10.0.0.1", ControllerState::connecting),
                                  controller("nvme1", "10.0.0.1")});
  EXPECT_EQ(reconcile(wanted({at("10.0.0.1")}), observed).there.at(at("10.0.0.1"))->name, "nvme1");
}

TEST(Reconcile, PathOfAnotherHostIsNotOursWhenTheHostIsWritten) {
  auto connection = wanted({at("10.0.0.1")});
  connection.options["host_nqn"] = "me";
  auto other = controller("nvme0", "10.0.0.1");
  other.host_nqn = "somebody";
  EXPECT_THAT(reconcile(connection, topology({other})).there, IsEmpty());
  other.host_nqn = "me";
  EXPECT_EQ(reconcile(connection, topology({other})).there.size(), 1U);
}

TEST(Reconcile, StateIsThatOfItsPaths) {
  const auto both = wanted({at("10.0.0.1"), at("10.0.0.2")});
  const auto first = controller("nvme0", "10.0.0.1");
  EXPECT_EQ(state(both, {}), ConnectionState::connecting);
  EXPECT_EQ(state(both, topology({first})), ConnectionState::degraded);
  EXPECT_EQ(state(both, topology({first, controller("nvme1", "10.0.0.2")})),
            ConnectionState::connected);
  EXPECT_EQ(state(both, topology({controller("nvme0", "10.0.0.1", ControllerState::connecting)})),
            ConnectionState::connecting);
}

TEST(Reconcile, ForeignConnectionsAreGroupedBySubsystem) {
  auto discovery = controller("nvme2", "10.0.0.1");
  discovery.discovery = true;
  discovery.subsystem = Nqn::discovery;
  const auto observed =
      topology({controller("nvme0", "10.0.0.1"), controller("nvme1", "10.0.0.2"), discovery});
  const auto foreign = foreign_connections(observed, {});
  ASSERT_EQ(foreign.size(), 1U);
  EXPECT_THAT(foreign.at("toto").addresses, ElementsAre(at("10.0.0.1"), at("10.0.0.2")));
  EXPECT_THAT(foreign_connections(observed, {"toto"}), IsEmpty());
}

TEST(Reconcile, DiskIsLostWithItsLastPathThatServes) {
  auto observed = topology({controller("nvme0", "10.0.0.1"), controller("nvme1", "10.0.0.2")});
  EXPECT_THAT(disks_lost(observed, {"nvme0"}), IsEmpty());
  EXPECT_THAT(disks_lost(observed, {"nvme0", "nvme1"}), ElementsAre("nvme0n1"));
  observed.controllers.at("nvme1").namespaces[0].ana_state = "inaccessible";
  EXPECT_THAT(disks_lost(observed, {"nvme0"}), ElementsAre("nvme0n1"));
  observed.controllers.at("nvme1").namespaces[0].ana_state = "non-optimized";
  observed.controllers.at("nvme1").state = ControllerState::connecting;
  EXPECT_THAT(disks_lost(observed, {"nvme0"}), ElementsAre("nvme0n1"));
}

TEST(Backoff, DoublesUpToTheLongest) {
  const auto pause = [](unsigned failures) {
    return pause_after(failures, milliseconds(1000), milliseconds(60000), 0.5).count();
  };
  EXPECT_EQ(pause(1), 1000);
  EXPECT_EQ(pause(2), 2000);
  EXPECT_EQ(pause(6), 32000);
  EXPECT_EQ(pause(7), 60000);
  EXPECT_EQ(pause(4000000000), 60000);
}

TEST(Backoff, IsSpreadByAFifth) {
  EXPECT_EQ(pause_after(1, milliseconds(1000), milliseconds(60000), 0).count(), 800);
  EXPECT_EQ(pause_after(1, milliseconds(1000), milliseconds(60000), 1).count(), 1200);
}

}  // namespace
}  // namespace nvmeofs
