// The kernel and the machine around it, or what stands for them, put together.
#pragma once

#include <memory>
#include <string>

#include "fs/options.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/discoveries.h"
#include "nvmeofs/engine.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

// Outlives every engine, all connections and all discoveries over it.
class World {
 public:
  virtual ~World() = default;
  virtual Environment environment() = 0;
  virtual ConnectionsEnvironment connections() = 0;
  virtual DiscoveriesEnvironment discoveries(Connections& connections) = 0;
};

// Takes the state files for itself. What is in them is loaded by the engines. `state`: a path, or
// "none".
Result<std::unique_ptr<World>> open_world(Source source, const std::string& state);

}  // namespace nvmeofs
