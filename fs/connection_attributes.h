// The files of a connection.
#pragma once

#include <span>

#include "fs/attribute.h"
#include "nvmeofs/connections.h"

namespace nvmeofs {

using ConnectionAttribute = AttributeOf<Connections, ConnectionView, ConnectionIntent>;

// Those of connection_options() in options/, whether this kernel has them or not.
std::span<const ConnectionAttribute> connection_attributes();

// False for an option that this machine's host has not.
bool has_option(const Connections& connections, const ConnectionAttribute& attribute);

}  // namespace nvmeofs
