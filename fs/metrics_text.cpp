#include "fs/metrics_text.h"

#include <fmt/format.h>

#include <string_view>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : as_utf8(text)) {
    if (c == '\\' || c == '"') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result;
}

double seconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

// A metric family: what it is, and then its samples.
class Family {
 public:
  // The unit is what the name ends in; empty: it has none.
  Family(std::string& text, std::string_view name, std::string_view type, std::string_view unit,
         std::string_view help)
      : text_(text), name_(fmt::format("nvmeofs_{}", name)) {
    text_ += fmt::format("# TYPE {} {}\n", name_, type);
    if (!unit.empty()) text_ += fmt::format("# UNIT {} {}\n", name_, unit);
    text_ += fmt::format("# HELP {} {}\n", name_, help);
  }

  // `labels`: export="toto",nsid="1"; empty: none.
  template <class Value>
  void sample(std::string_view suffix, const std::string& labels, Value value) {
    const std::string set = labels.empty() ? "" : "{" + labels + "}";
    text_ += fmt::format("{}{}{} {}\n", name_, suffix, set, value);
  }

 private:
  std::string& text_;
  std::string name_;
};

std::string label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, escaped(value));
}

template <class Values, class Counts>
void sample_each(Family family, const Values& values, const Counts& counts) {
  for (const auto value : values) {
    const auto found = counts.find(value);
    family.sample("", label("state", to_string(value)), found != counts.end() ? found->second : 0);
  }
}

void write_timings(std::string& text, const Timings& timings) {
  Family family(text, "operation_duration_seconds", "histogram", "seconds",
                "From taking a request to answering it, granted or refused.");
  for (const Operation operation : timed_operations) {
    const auto found = timings.find(operation);
    const Timing timing = found != timings.end() ? found->second : Timing{};
    const std::string name = label("operation", to_string(operation));
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < timing.counts.size(); ++i) {
      count += timing.counts.at(i);
      // As the format wants a whole number: with a point.
      const std::string bound = i == Timing::bounds.size() ? "+Inf"
                                : Timing::bounds.at(i) < 1
                                    ? fmt::format("{}", Timing::bounds.at(i))
                                    : fmt::format("{:.1f}", Timing::bounds.at(i));
      family.sample("_bucket", name + "," + label("le", bound), count);
    }
    family.sample("_count", name, count);
    family.sample("_sum", name, seconds_of(timing.sum));
  }
}

template <class Value>
void write_io(Family family, const Metrics& metrics, Value value) {
  for (const auto& [name, of_export] : metrics.exports)
    for (const auto& [nsid, io] : of_export.io)
      family.sample("_total", label("export", name) + "," + label("nsid", std::to_string(nsid)),
                    value(io));
}

void write_io(std::string& text, const Metrics& metrics) {
  constexpr std::string_view whose =
      "the disk or partition behind a namespace since it came, for whoever used it: of the whole "
      "device, not of nvmeofs alone.";
  const auto family = [&](std::string_view name, std::string_view unit, std::string_view what) {
    return Family(text, name, "counter", unit, fmt::format("{} {}", what, whose));
  };
  write_io(family("device_reads", "", "Reads done by"), metrics,
           [](const DeviceIo& io) { return io.reads; });
  write_io(family("device_read_bytes", "bytes", "Bytes read from"), metrics,
           [](const DeviceIo& io) { return io.bytes_read; });
  write_io(family("device_writes", "", "Writes done by"), metrics,
           [](const DeviceIo& io) { return io.writes; });
  write_io(family("device_written_bytes", "bytes", "Bytes written to"), metrics,
           [](const DeviceIo& io) { return io.bytes_written; });
  write_io(family("device_busy_seconds", "seconds", "Time with something under way at"), metrics,
           [](const DeviceIo& io) { return seconds_of(io.busy); });
}

}  // namespace

std::string metrics_text(const Metrics& metrics) {
  std::string text;
  Family(text, "build", "info", "", "Which nvmeofs this is.")
      .sample("_info", label("version", metrics.version), 1);
  Family(text, "start_time_seconds", "gauge", "seconds",
         "When the program began, since which it counts.")
      .sample("", "", fmt::format("{:.3f}", seconds_of(metrics.began.time_since_epoch())));

  std::map<State, std::size_t> exports;
  for (const auto& [name, of_export] : metrics.exports) ++exports[of_export.state];
  sample_each(Family(text, "exports", "gauge", "", "Exports by state, as their status says it."),
              export_states, exports);
  Family clients(text, "export_clients", "gauge", "",
                 "Hosts that are connected, where that can be known.");
  for (const auto& [name, of_export] : metrics.exports)
    if (of_export.clients) clients.sample("", label("export", name), *of_export.clients);
  sample_each(
      Family(text, "connections", "gauge", "", "Connections of this machine to others, by state."),
      connection_states, metrics.connections);
  sample_each(Family(text, "discovery_controllers", "gauge", "",
                     "Directories of discovery/, by whether the last look succeeded."),
              reachabilities, metrics.discoveries);

  Family(text, "changes", "counter", "", "Changes that were made, asked for or by itself.")
      .sample("_total", "", metrics.tally.done);
  Family refusals(text, "refusals", "counter", "", "What was refused, or failed, by reason.");
  for (std::size_t i = 0; i < reason_count; ++i) {
    const auto reason = static_cast<Reason>(i);
    const auto found = metrics.tally.refused.find(reason);
    refusals.sample("_total", label("reason", to_string(reason)),
                    found != metrics.tally.refused.end() ? found->second : 0);
  }
  Family(text, "kernel_steps", "counter", "",
         "Steps that the kernel's target has taken, as plan and the journal name them.")
      .sample("_total", "", metrics.steps);
  write_timings(text, metrics.timings);
  write_io(text, metrics);
  return text + "# EOF\n";
}

}  // namespace nvmeofs
