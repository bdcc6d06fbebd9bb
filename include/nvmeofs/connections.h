// The one place where connections change, beside Engine for exports. Requests come in from any
// thread and are answered later, each exactly once; what blocks in the kernel is done on threads of
// its own, so that one target that does not answer holds up nobody else.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "nvmeofs/connection.h"
#include "nvmeofs/connection_store.h"
#include "nvmeofs/host_config.h"
#include "nvmeofs/host_topology.h"
#include "nvmeofs/initiator.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/snapshot.h"
#include "nvmeofs/timings.h"

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
// What it lists and is not there is made and connected, what is there gets the paths and options
// that it lacks; nothing is taken away. Refused whole when it is at odds with what is there.
struct TakeConfig {
  HostConfig config;
};
using ConnectionIntent = std::variant<MakeConnection, RemoveConnection, SetPaths, SetSubsystem,
                                      SetConnected, SetOption, TakeConfig>;

// The file of all connections, in nvme-cli's format, which stands beside their directories.
inline constexpr std::string_view host_config_name = "config.json";

struct ConnectionRequest {
  Caller caller;
  std::string name;          // as the user gave it; untrusted until parsed; "" for config.json
  std::uint64_t serial = 0;  // of the connection that was opened; 0: the one of that name
  std::string file;          // "address", "options/queue_size"; "" for mkdir and rmdir
  std::string value;         // as written, "…" for a secret; goes into log and status
  Result<ConnectionIntent> intent;
};

struct ConnectionView {
  std::uint64_t serial = 0;  // never given twice while the program runs
  bool foreign = false;      // made by something else, and not adopted
  Connection wanted;         // a secret among its options is `set` here
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
  Tally tally;

  const ConnectionView* find(std::uint64_t serial) const;
};

enum class ConnectionState {
  disconnected,
  connected,   // every wanted path is live
  degraded,    // some are
  connecting,  // none is, and it goes on trying
  foreign,
};
inline constexpr std::array connection_states{
    ConnectionState::disconnected, ConnectionState::connected, ConnectionState::degraded,
    ConnectionState::connecting, ConnectionState::foreign};
std::string_view to_string(ConnectionState state);

struct PathStatus {
  TransportAddress address;
  std::string where;       // address.uri(), or sysfs's words for a transport that is not ours
  std::string state;       // the kernel's word, or "waiting"
  std::string controller;  // empty: there is none
  bool foreign = false;    // at no address of ours
  std::string ana;         // of its namespaces, when all are equal; else "mixed"; else empty
  std::uint32_t queues = 0;
  std::string trouble;  // why there is none, and when it is tried again
};
struct ConnectionStatus {
  ConnectionState state = ConnectionState::disconnected;
  std::vector<PathStatus> paths;
  std::optional<Record> refused;
};

// How many there are of each state. Pure.
std::map<ConnectionState, std::size_t> count_states(const ConnectionsSnapshot& snapshot);

// Everything outside, by reference: they outlive the last call that was made to them, which may be
// one that waits in the kernel when Connections is gone.
struct ConnectionsEnvironment {
  Initiator& initiator;
  ConnectionStore& store;
};

struct ConnectionsOptions {
  std::chrono::milliseconds patience{10000};        // for each attempt at a path
  std::chrono::milliseconds disk_patience{2000};    // for the disks after a path is live
  std::chrono::milliseconds leave_patience{30000};  // for the kernel to let a controller go
  std::chrono::milliseconds first_pause{1000};      // until a lost path is tried again; doubles
  std::chrono::milliseconds longest_pause{60000};
};

class Connections {
 public:
  // start() loads the store, looks at the kernel once, and begins to answer and to bring up what is
  // to be connected.
  Connections(ConnectionsEnvironment environment, ConnectionsOptions options);
  ~Connections();  // stop()
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  Result<void> start();
  // Answers what is under way and starts nothing new (ESHUTDOWN). Connections are left as they are;
  // an attempt that is under way is waited for for a second, and left to itself then.
  void stop();

  // Any thread; returns at once. Requests on one connection are done in their order: one that comes
  // while a change of it is under way waits for the end of that, which is bounded.
  void submit(ConnectionRequest request, Completion completion);

  // Any thread; never waits.
  std::shared_ptr<const ConnectionsSnapshot> snapshot() const;

  // Called from the deciding thread with no lock held after each published snapshot. Set before
  // start().
  void on_publish(
      std::function<void(const ConnectionsSnapshot& before, const ConnectionsSnapshot& after)>
          observer);

  // From the snapshot of the moment. Any thread. ESTALE.
  Result<ConnectionStatus> status(std::uint64_t serial) const;
  // "/dev/nvme1n1", in the order of the namespaces: those that its live paths lead to.
  Result<std::vector<std::string>> devices(std::uint64_t serial) const;

  // What is connected, or to be connected, of whomever, as config.json has it; without secrets. An
  // error when this machine's own identity is needed for it and cannot be read. Any thread.
  Result<std::string> config() const;

  // How long it took to answer what was submitted. Any thread.
  Timings timings() const;

  // Names of options/ that this kernel has; the same from start() on.
  std::vector<std::string> options() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nvmeofs
