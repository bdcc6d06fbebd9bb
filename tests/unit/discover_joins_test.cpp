// What of a log is connected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "discover/joins.h"
#include "discovery_page.h"
#include "nvmeofs/discoveries.h"

namespace nvmeofs::discoverer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TransportAddress at(const char* text) {
  return TransportAddress::parse(text, Trtype::tcp).value();
}

DiscoveryLog log_of(const std::vector<std::string>& entries) {
  DiscoveryLog log;
  for (const auto& bytes : entries) log.entries.push_back(parse_discovery_entry(bytes));
  return log;
}

std::string with(std::string bytes, std::size_t at, unsigned value) {
  put_number(bytes, at, 1, value);
  return bytes;
}

ConnectionsSnapshot connected_to(const char* name, const char* address, bool on) {
  ConnectionsSnapshot snapshot;
  Connection wanted{.name = Nqn::parse(name).value(), .addresses = {at(address)}, .connected = on};
  snapshot.connections.emplace(name, ConnectionView{.wanted = std::move(wanted)});
  return snapshot;
}

TEST(Joins, AreOneForEachSubsystemInTheOrderOfTheLog) {
  EXPECT_THAT(joins(log_of({page_entry("b", "10.0.0.1"), page_entry("a", "10.0.0.1"),
                            page_entry("b", "10.0.0.2"), page_entry("b", "10.0.0.1")}),
                    {}, Joining::all),
              ElementsAre(Join{"b", true, true, {at("10.0.0.1"), at("10.0.0.2")}},
                          Join{"a", true, true, {at("10.0.0.1")}}));
}

TEST(Joins, AreNoneOfWhatIsNoSubsystemOfOurs) {
  const auto entry = page_entry("a", "10.0.0.1");
  EXPECT_THAT(
      joins(log_of({with(entry, 0, 2), with(entry, 0, 254), with(entry, 1, 2), with(entry, 2, 1),
                    with(entry, 2, 3), with(entry, 2, 9), page_entry("a,transport=tcp", "10.0.0.1"),
                    page_entry("../a", "10.0.0.1"), page_entry("a\x1b[2J", "10.0.0.1"),
                    page_entry("a", "0.0.0.0"), page_entry("a", "10.0.0.1", "0"),
                    page_entry("nqn.2014-08.org.nvmexpress.discovery", "10.0.0.1")}),
            {}, Joining::all),
      IsEmpty());
}

TEST(Joins, AddTheMissingPathOnly) {
  const auto log = log_of({page_entry("a", "10.0.0.1"), page_entry("a", "10.0.0.2")});
  EXPECT_THAT(joins(log, connected_to("a", "10.0.0.1", true), Joining::news),
              ElementsAre(Join{"a", false, false, {at("10.0.0.2")}}));
  EXPECT_THAT(joins(log_of({page_entry("a", "10.0.0.1")}), connected_to("a", "10.0.0.1", true),
                    Joining::all),
              IsEmpty());
}

TEST(Joins, ConnectWhatIsDisconnectedWhenAskedAndNotByThemselves) {
  const auto log = log_of({page_entry("a", "10.0.0.1")});
  const auto off = connected_to("a", "10.0.0.1", false);
  EXPECT_THAT(joins(log, off, Joining::all), ElementsAre(Join{"a", false, true, {}}));
  EXPECT_THAT(joins(log, off, Joining::news), IsEmpty());
}

TEST(ConnectedState, IsThatOfThePathAtTheAddress) {
  const auto entry = parse_discovery_entry(page_entry("a", "10.0.0.1"));
  EXPECT_EQ(connected_state(entry, {}), "-");
  auto snapshot = connected_to("a", "10.0.0.1", true);
  EXPECT_EQ(connected_state(entry, snapshot), "connecting");
  auto& controller = snapshot.observed.controllers["nvme0"];
  controller.subsystem = "a";
  controller.address = at("10.0.0.1");
  controller.state = ControllerState::live;
  EXPECT_EQ(connected_state(entry, snapshot), "connected");
  controller.state = ControllerState::connecting;
  EXPECT_EQ(connected_state(entry, snapshot), "connecting");
  controller.address = at("10.0.0.2");
  snapshot.connections.clear();
  EXPECT_EQ(connected_state(entry, snapshot), "-");
}

}  // namespace
}  // namespace nvmeofs::discoverer
