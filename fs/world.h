// The kernel and the machine around it, or what stands for them, put together.
#pragma once

#include <memory>
#include <string>

#include "fs/options.h"
#include "nvmeofs/engine.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

// Outlives every engine over it.
class World {
 public:
  virtual ~World() = default;
  virtual Environment environment() = 0;
};

// Takes the state file for itself. The state is loaded by the engine. `state`: a path, or "none".
Result<std::unique_ptr<World>> open_world(Source source, const std::string& state);

}  // namespace nvmeofs
