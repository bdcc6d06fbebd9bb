// What the deciding thread is told.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "connect/requests.h"
#include "nvmeofs/connections.h"

// Names that mean something else to the engine for exports stand in here.
namespace nvmeofs::connector {

struct Submitted {
  ConnectionRequest request;
  Completion completion;
};
struct Tried {
  std::uint64_t serial = 0;
  TransportAddress address;
  Result<std::string> controller;
};
struct Left {
  std::uint64_t serial = 0;
  std::string controller;
  Result<void> result;
};
// Whether the disks of a change may go, or whether its setting was taken.
struct Answered {
  std::uint64_t serial = 0;
  std::uint64_t change = 0;
  Result<void> result;
};
// What a config.json asked for is done, as far as it can be.
struct Imported {
  Submitted submitted;
  std::vector<Chain<ConnectionRequest>> chains;
  std::vector<std::string> left_out;
  Failures failed;
};
struct Stop {};

using Event = std::variant<Submitted, Tried, Left, Answered, Imported, Stop>;

}  // namespace nvmeofs::connector
