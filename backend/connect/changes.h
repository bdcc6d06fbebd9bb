// What an intent makes of a connection. Pure.
#pragma once

#include "nvmeofs/connection.h"
#include "nvmeofs/connections.h"

namespace nvmeofs::connector {

// EINVAL of an incomplete connection, EBUSY of what a connection that is up cannot change.
Result<Connection> changed(const Connection& now, const ConnectionIntent& intent);

}  // namespace nvmeofs::connector
