// What is kept of connections over restarts. Holds secrets: whatever an implementation writes is
// for root alone.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "nvmeofs/connection.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

struct StoredConnection {
  Connection wanted;
  std::chrono::system_clock::time_point made{};
  bool operator==(const StoredConnection&) const = default;
};

// One thread, the one of Connections.
class ConnectionStore {
 public:
  virtual ~ConnectionStore() = default;

  // By name; as Store::load() and save() for errors.
  virtual Result<std::map<std::string, StoredConnection>> load() = 0;
  virtual Result<void> save(const std::map<std::string, StoredConnection>& connections) = 0;
};

}  // namespace nvmeofs
