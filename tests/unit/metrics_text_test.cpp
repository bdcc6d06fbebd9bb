#include "fs/metrics_text.h"

#include <gmock/gmock.h>

namespace nvmeofs {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Metrics nothing() {
  return {.version = "0.1.0", .began = Time(std::chrono::milliseconds(1'790'000'000'125))};
}

// Of the families whose names begin so, without what they are.
std::string samples(const Metrics& metrics, const std::string& name) {
  const std::string text = metrics_text(metrics);
  std::string found;
  for (const auto line : lines_of(text))
    if (line.starts_with("nvmeofs_" + name)) found += std::string(line) + "\n";
  return found;
}

TEST(MetricsText, SaysOfEachFamilyWhatItIs) {
  EXPECT_THAT(metrics_text(nothing()), HasSubstr(R"(# TYPE nvmeofs_build info
# HELP nvmeofs_build Which nvmeofs this is.
nvmeofs_build_info{version="0.1.0"} 1
# TYPE nvmeofs_start_time_seconds gauge
# UNIT nvmeofs_start_time_seconds seconds
# HELP nvmeofs_start_time_seconds When the program began, since which it counts.
nvmeofs_start_time_seconds 1790000000.125
# TYPE nvmeofs_exports gauge
# HELP nvmeofs_exports Exports by state, as their status says it.
nvmeofs_exports{state="disabled"} 0
)"));
}

TEST(MetricsText, EndsWhereTheFormatEnds) {
  EXPECT_THAT(metrics_text(nothing()), EndsWith("\n# EOF\n"));
}

TEST(MetricsText, HasEveryStateAlsoWhereNothingIsInIt) {
  Metrics metrics = nothing();
  metrics.exports = {{"toto", {.state = State::enabled}}, {"titi", {.state = State::enabled}}};
  metrics.connections = {{ConnectionState::degraded, 3}};
  metrics.discoveries = {{Reachability::unreachable, 1}};
  EXPECT_EQ(samples(metrics, "exports{"), R"(nvmeofs_exports{state="disabled"} 0
nvmeofs_exports{state="enabled"} 2
nvmeofs_exports{state="waiting"} 0
nvmeofs_exports{state="drifted"} 0
nvmeofs_exports{state="failed"} 0
nvmeofs_exports{state="foreign"} 0
)");
  EXPECT_EQ(samples(metrics, "connections{"), R"(nvmeofs_connections{state="disconnected"} 0
nvmeofs_connections{state="connected"} 0
nvmeofs_connections{state="degraded"} 3
nvmeofs_connections{state="connecting"} 0
nvmeofs_connections{state="foreign"} 0
)");
  EXPECT_EQ(samples(metrics, "discovery_"),
            R"(nvmeofs_discovery_controllers{state="unknown"} 0
nvmeofs_discovery_controllers{state="reachable"} 0
nvmeofs_discovery_controllers{state="unreachable"} 1
)");
}

// Unknown is not nobody.
TEST(MetricsText, SaysNothingOfClientsThatAreNotKnown) {
  Metrics metrics = nothing();
  metrics.exports = {{"known", {.clients = 2}}, {"nobody", {.clients = 0}}, {"unknown", {}}};
  EXPECT_EQ(samples(metrics, "export_clients"), R"(nvmeofs_export_clients{export="known"} 2
nvmeofs_export_clients{export="nobody"} 0
)");
}

TEST(MetricsText, CountsRefusalsByReason) {
  Metrics metrics = nothing();
  metrics.tally = {.done = 7, .refused = {{Reason::device_in_use, 3}, {Reason::internal, 1}}};
  metrics.steps = 42;
  EXPECT_EQ(samples(metrics, "changes"), "nvmeofs_changes_total 7\n");
  EXPECT_EQ(samples(metrics, "kernel_steps"), "nvmeofs_kernel_steps_total 42\n");
  const std::string refusals = samples(metrics, "refusals");
  EXPECT_THAT(refusals, HasSubstr("nvmeofs_refusals_total{reason=\"device-in-use\"} 3\n"));
  EXPECT_THAT(refusals, HasSubstr("nvmeofs_refusals_total{reason=\"internal\"} 1\n"));
  EXPECT_THAT(refusals, HasSubstr("nvmeofs_refusals_total{reason=\"bad-value\"} 0\n"));
  EXPECT_EQ(lines_of(refusals).size(), reason_count);
}

TEST(MetricsText, HasAHistogramForEachOperation) {
  Metrics metrics = nothing();
  for (const int milliseconds : {1, 2, 50, 500'000})
    metrics.timings[Operation::enable].add(std::chrono::milliseconds(milliseconds));
  const std::string name = "nvmeofs_operation_duration_seconds";
  EXPECT_THAT(samples(metrics, "operation_duration_seconds"),
              StartsWith(name + "_bucket{operation=\"enable\",le=\"0.001\"} 1\n" +  //
                         name + "_bucket{operation=\"enable\",le=\"0.01\"} 2\n" + name +
                         "_bucket{operation=\"enable\",le=\"0.1\"} 3\n" + name +
                         "_bucket{operation=\"enable\",le=\"1.0\"} 3\n" + name +
                         "_bucket{operation=\"enable\",le=\"10.0\"} 3\n" + name +
                         "_bucket{operation=\"enable\",le=\"100.0\"} 3\n" + name +
                         "_bucket{operation=\"enable\",le=\"+Inf\"} 4\n" + name +
                         "_count{operation=\"enable\"} 4\n" +  //
                         name + "_sum{operation=\"enable\"} 500.053\n"));
  EXPECT_THAT(metrics_text(metrics), HasSubstr(name + "_count{operation=\"connect_all\"} 0\n"));
}

TEST(MetricsText, HasTheIoOfEachNamespaceInBaseUnits) {
  Metrics metrics = nothing();
  metrics.exports["toto"].io = {{1,
                                 {.reads = 10,
                                  .bytes_read = 40960,
                                  .writes = 5,
                                  .bytes_written = 512,
                                  .busy = std::chrono::milliseconds(1250)}},
                                {7, {}}};
  EXPECT_EQ(samples(metrics, "device_"),
            R"(nvmeofs_device_reads_total{export="toto",nsid="1"} 10
nvmeofs_device_reads_total{export="toto",nsid="7"} 0
nvmeofs_device_read_bytes_total{export="toto",nsid="1"} 40960
nvmeofs_device_read_bytes_total{export="toto",nsid="7"} 0
nvmeofs_device_writes_total{export="toto",nsid="1"} 5
nvmeofs_device_writes_total{export="toto",nsid="7"} 0
nvmeofs_device_written_bytes_total{export="toto",nsid="1"} 512
nvmeofs_device_written_bytes_total{export="toto",nsid="7"} 0
nvmeofs_device_busy_seconds_total{export="toto",nsid="1"} 1.25
nvmeofs_device_busy_seconds_total{export="toto",nsid="7"} 0
)");
  EXPECT_THAT(metrics_text(metrics), HasSubstr("of the whole device, not of nvmeofs alone."));
}

// Other programs make subsystems of any name.
TEST(MetricsText, EscapesTheNamesOfOthers) {
  Metrics metrics = nothing();
  metrics.exports["a\"} 1\nforged \\ \xff ü"].clients = 1;
  EXPECT_EQ(samples(metrics, "export_clients"),
            "nvmeofs_export_clients{export=\"a\\\"} 1\\nforged \\\\ \\\\xff ü\"} 1\n");
}

TEST(MetricsText, NamesNoHost) {
  EXPECT_THAT(metrics_text(nothing()), Not(HasSubstr("host=")));
}

}  // namespace
}  // namespace nvmeofs
