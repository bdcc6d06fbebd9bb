// One connection that a discovery log asks for, in the requests to Connections that this takes.
#pragma once

#include <functional>

#include "discover/joins.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/intent.h"

namespace nvmeofs::discoverer {

// Each request when the one before is done. The first that is refused is the end of it; then a
// connection that was made for it is taken away again. `done` is called once, from a thread of
// Connections. Returns at once.
void join(Connections& connections, const Caller& caller, const Join& join,
          std::function<void(Result<void>)> done);

}  // namespace nvmeofs::discoverer
