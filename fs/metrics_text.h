// The file `metrics`: OpenMetrics 1.0. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "fs/node.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/discoveries.h"
#include "nvmeofs/export.h"
#include "nvmeofs/probe.h"
#include "nvmeofs/snapshot.h"
#include "nvmeofs/timings.h"

namespace nvmeofs {

struct ExportMetrics {
  State state = State::disabled;
  std::optional<std::size_t> clients{};  // nothing: not known
  std::map<Nsid, DeviceIo> io{};         // of namespaces whose device is held, and counts
};

struct Metrics {
  std::string version;
  Time began;
  std::map<std::string, ExportMetrics> exports{};  // by name
  Tally tally{};
  std::uint64_t steps = 0;
  Timings timings{};
  std::map<ConnectionState, std::size_t> connections{};
  std::map<Reachability, std::size_t> discoveries{};
};

// States, reasons and operations have a sample each also where there is none of them: what is not
// there cannot be told from what has not happened yet.
std::string metrics_text(const Metrics& metrics);

}  // namespace nvmeofs
