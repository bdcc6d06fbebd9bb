// The one place where connections change, beside Engine for exports. Requests come in from any
// thread and are answered later, each exactly once; what blocks in the kernel is done on threads of
// its own, so that one target that does not answer holds up nobody else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "nvmeofs/connection.h"
#include "nvmeofs/host_topology.h"
#include "nvmeofs/initiator.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/snapshot.h"

namespace nvmeofs {

struct MakeConnection {};
struct RemoveConnection {};
struct SetPaths {
  std::vector<TransportAddress> addresses;
  bool append = false;
};
struct SetSubsystem {
  std::optional<Nqn> nqn;  // nothing: the name again
};
struct SetConnected {
  bool on = false;
  bool force = false;  // with off: although its disks are used
};
struct SetOption {
  std::string option;                // the file in options/
  std::optional<std::string> value;  // nothing: the kernel's own choice again
};
using ConnectionIntent = std::variant<MakeConnection, RemoveConnection, SetPaths, SetSubsystem,
                                      SetConnected, SetOption>;

struct ConnectionRequest {
  Caller caller;
  std::string name;          // as the user gave it; untrusted until parsed
  std::uint64_t serial = 0;  // of the connection that was opened; 0 for mkdir and rmdir
  std::string file;          // "address", "options/queue_size"; "" for mkdir and rmdir
  std::string value;         // as written, "…" for a secret; goes into log and status
  Result<ConnectionIntent> intent;
};

struct ConnectionView {
  std::uint64_t serial = 0;  // never given twice while the program runs
  bool foreign = false;      // made by something else, and not adopted
  Connection wanted;
  std::chrono::system_clock::time_point made{};
  std::chrono::system_clock::time_point changed{};
  std::optional<Record> refused{};
  // Why a wanted path is not there, and when it is tried again; by address.
  std::map<TransportAddress, std::string> trouble{};
};

struct ConnectionsSnapshot {
  std::uint64_t generation = 0;
  std::map<std::string, ConnectionView> connections;  // by name, foreign ones included
  std::map<std::uint64_t, std::string> names;         // by serial
  HostTopology observed;
  std::deque<Record> log;  // oldest first, 256 at most

  const ConnectionView* find(std::uint64_t serial) const;
};

enum class ConnectionState {
  disconnected,
  connected,   // every wanted path is live
  degraded,    // some are
  connecting,  // none is, and it goes on trying
  foreign,
};
std::string_view to_string(ConnectionState state);

struct PathStatus {
  TransportAddress address;
  std::string state;       // the kernel's word, or "waiting"
  std::string controller;  // empty: there is none
  bool foreign = false;    // at no address of ours
  std::string ana;         // of its namespaces, when all are equal; else "mixed"; else empty
  std::uint32_t queues = 0;
  std::string trouble;     // why there is none, and when it is tried again
};
struct ConnectionStatus {
  ConnectionState state = ConnectionState::disconnected;
  std::vector<PathStatus> paths;
  std::optional<Record> refused;
};

}  // namespace nvmeofs
