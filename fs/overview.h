// What the files at the root tell of everything, as it is now.
#pragma once

#include "fs/metrics_text.h"
#include "fs/topology_text.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/discoveries.h"
#include "nvmeofs/engine.h"

namespace nvmeofs {

// Look at snapshots, at the tables of connections, and at what devices count; wait for nobody who
// decides. Any thread.
Metrics metrics_of(const Engine& engine, const Connections& connections,
                   const Discoveries& discoveries, Time began);
Topology topology_of(const Engine& engine, const Connections& connections);

}  // namespace nvmeofs
