#include "fs/topology_text.h"

#include <gmock/gmock.h>

namespace nvmeofs {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

TransportAddress at(const char* text) {
  return TransportAddress::parse(text, Trtype::tcp).value();
}

ExportTopology export_of(const char* name) {
  return {
      .state = State::enabled,
      .wanted = {.name = Nqn::parse(name).value(),
                 .spaces = {{1,
                             {.device = DevicePath::parse("/dev/sdb").value(), .enabled = true}}},
                 .addresses = {at("10.0.0.5")},
                 .hosts = {.any = true, .list = {}},
                 .enabled = true},
      .listening = {at("10.0.0.5")}};
}

std::string edges(const Topology& topology) {
  const std::string text = topology_text(topology);
  std::string found;
  for (const auto line : lines_of(text))
    if (line.find(" -> ") != std::string_view::npos) found += std::string(line) + "\n";
  return found;
}

TEST(TopologyText, OfNothingIsAnEmptyGraph) {
  EXPECT_THAT(topology_text({}),
              EndsWith("digraph nvmeofs {\n  rankdir=LR;\n  charset=\"UTF-8\";\n}\n"));
}

TEST(TopologyText, ShowsExportsAndConnections) {
  Topology topology;
  topology.exports.emplace("toto", export_of("toto"));
  ConnectionTopology& connection = topology.connections["array"];
  connection.status.state = ConnectionState::degraded;
  connection.status.paths.resize(2);
  connection.status.paths[0].where = "tcp://10.0.0.9:4420";
  connection.status.paths[0].state = "live";
  connection.status.paths[1].where = "tcp://10.0.1.9:4420";
  connection.status.paths[1].state = "connecting";
  connection.devices = {"/dev/nvme1n1"};
  EXPECT_THAT(topology_text(topology), EndsWith(R"(digraph nvmeofs {
  rankdir=LR;
  charset="UTF-8";
  subgraph cluster_served {
    label="served by this machine";
    "device /dev/sdb" [label="/dev/sdb", shape=cylinder];
    "export toto" [label="toto\nenabled", shape=box];
    "port tcp:10.0.0.5:4420" [label="tcp://10.0.0.5:4420", shape=component];
  }
  subgraph cluster_used {
    label="used by this machine";
    "connection array" [label="array\ndegraded", shape=box];
    "disk /dev/nvme1n1" [label="/dev/nvme1n1", shape=cylinder];
  }
  "any host" [label="any host", shape=plaintext];
  "target tcp://10.0.0.9:4420" [label="tcp://10.0.0.9:4420", shape=component];
  "target tcp://10.0.1.9:4420" [label="tcp://10.0.1.9:4420", shape=component];
  "any host" -> "export toto" [style=solid];
  "connection array" -> "target tcp://10.0.0.9:4420" [style=solid, label="live"];
  "connection array" -> "target tcp://10.0.1.9:4420" [style=dashed, label="connecting"];
  "disk /dev/nvme1n1" -> "connection array" [style=solid];
  "export toto" -> "device /dev/sdb" [style=solid, label="1"];
  "export toto" -> "port tcp:10.0.0.5:4420" [style=solid];
}
)"));
}

TEST(TopologyText, TellsWhoIsConnectedFromWhoMayBe) {
  Topology topology;
  ExportTopology& toto = topology.exports.emplace("toto", export_of("toto")).first->second;
  toto.wanted.hosts = Hosts::parse("nqn.here\nnqn.away").value();
  toto.clients = {{at("10.0.0.5"), "10.0.0.7", "nqn.here", Certainty::sure, "kernel log"},
                  {at("10.0.0.5"), "10.0.0.8", "nqn.here", Certainty::likely, "kernel log"},
                  {at("10.0.0.5"), "10.0.0.9", "", Certainty::likely, "kernel log"}};
  EXPECT_EQ(edges(topology),
            R"dot(  "export toto" -> "device /dev/sdb" [style=solid, label="1"];
  "export toto" -> "port tcp:10.0.0.5:4420" [style=solid];
  "host nqn.away" -> "export toto" [style=solid];
  "host nqn.here" -> "export toto" [style=bold, label="tcp 10.0.0.7\ntcp 10.0.0.8 (likely)"];
  "unknown host 10.0.0.9" -> "export toto" [style=bold, label="tcp 10.0.0.9 (likely)"];
)dot");
}

TEST(TopologyText, TellsWhatWaitsFromWhatIsDisabled) {
  Topology topology;
  topology.exports.emplace("on", export_of("on"));
  topology.exports.emplace("off", export_of("off"));
  topology.exports.at("on").listening.clear();
  ExportTopology& off = topology.exports.at("off");
  off.listening.clear();
  off.wanted.enabled = false;
  off.wanted.hosts = {};
  EXPECT_EQ(edges(topology), R"(  "any host" -> "export on" [style=solid];
  "export off" -> "device /dev/sdb" [style=dotted, label="1"];
  "export off" -> "port tcp:10.0.0.5:4420" [style=dotted];
  "export on" -> "device /dev/sdb" [style=solid, label="1"];
  "export on" -> "port tcp:10.0.0.5:4420" [style=dashed];
)");
}

// The kernel takes any name, and a host gives itself one.
TEST(TopologyText, LetsNoNameOutOfItsQuotes) {
  Topology topology;
  ExportTopology evil = export_of("evil");
  evil.wanted.spaces.clear();
  evil.wanted.addresses.clear();
  evil.listening.clear();
  evil.wanted.hosts = {};
  topology.exports.emplace("\"];\nx -> y; \\N \\", std::move(evil));
  EXPECT_THAT(
      topology_text(topology),
      HasSubstr(
          R"(    "export \"];\nx -> y; \\N \\" [label="\"];\nx -> y; \\N \\\nenabled", shape=box];)"));
}

TEST(TopologyText, IsUtf8AndShowsWhatIsNot) {
  Topology topology;
  ExportTopology& toto = topology.exports.emplace("toto", export_of("toto")).first->second;
  toto.wanted.hosts = {};
  toto.clients = {{at("10.0.0.5"), "10.0.0.7", "\xff\x1b&lt;ü", Certainty::sure, ""}};
  EXPECT_THAT(topology_text(topology), HasSubstr(R"("host \\xff\\x1b&amp;lt;ü" -> )"));
}

TEST(TopologyText, ShowsASharedPortOnce) {
  Topology topology;
  topology.exports.emplace("a", export_of("a"));
  topology.exports.emplace("b", export_of("b"));
  const std::string text = topology_text(topology);
  const std::string port = "    \"port tcp:10.0.0.5:4420\" [";
  EXPECT_NE(text.find(port), std::string::npos);
  EXPECT_EQ(text.find(port), text.rfind(port));
}

TEST(TopologyText, ShowsAControllerThatIsServedWhole) {
  Topology topology;
  ExportTopology& whole = topology.exports.emplace("toto", export_of("toto")).first->second;
  whole.wanted.spaces = {{first_nsid, {}}};
  whole.wanted.controller = {.device = DevicePath::parse("/dev/nvme0").value(), .enabled = true};
  EXPECT_THAT(edges(topology), HasSubstr("\"export toto\" -> \"device /dev/nvme0\" "
                                         "[style=solid, label=\"passthru\"]"));
}

}  // namespace
}  // namespace nvmeofs
