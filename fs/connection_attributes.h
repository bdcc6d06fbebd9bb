// The files of a connection, but for those in options/, which are connection_option.h's.
#pragma once

#include <span>

#include "fs/attribute.h"
#include "nvmeofs/connections.h"

namespace nvmeofs {

using ConnectionAttribute = AttributeOf<Connections, ConnectionView, ConnectionIntent>;

std::span<const ConnectionAttribute> connection_attributes();

}  // namespace nvmeofs
