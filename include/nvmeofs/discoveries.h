// The one place where discovery controllers are asked, kept and followed, beside Connections, which
// it asks to connect what they list. Requests come in from any thread and are answered later, each
// exactly once; what blocks is done on threads of its own.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "nvmeofs/connections.h"
#include "nvmeofs/discovery.h"
#include "nvmeofs/discovery_conf.h"
#include "nvmeofs/discovery_log.h"
#include "nvmeofs/discovery_store.h"
#include "nvmeofs/initiator.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/snapshot.h"
#include "nvmeofs/timings.h"

namespace nvmeofs {

struct MakeDiscovery {
  TransportAddress address;
};
struct RemoveDiscovery {};
struct SetConnectAll {
  bool on = false;
};
struct SetPersistent {
  bool on = false;
};
// A directory for each line that has none, and connect_all in all of them. Nothing is taken away.
struct TakeConf {
  std::vector<DiscoveryLine> lines;
};
using DiscoveryIntent =
    std::variant<MakeDiscovery, RemoveDiscovery, SetConnectAll, SetPersistent, TakeConf>;

// The file of all controllers, in nvme-cli's format, which stands beside their directories.
inline constexpr std::string_view discovery_conf_name = "discovery.conf";

struct DiscoveryRequest {
  Caller caller;
  std::string name;          // as the user gave it; untrusted until parsed; "" for discovery.conf
  std::uint64_t serial = 0;  // of the directory whose file was opened; 0: the one of that name
  std::string file;          // "connect_all"; "" for mkdir and rmdir
  std::string value;         // as written; untrusted
  Result<DiscoveryIntent> intent;
};

enum class Reachability { unknown, reachable, unreachable };
inline constexpr std::array reachabilities{Reachability::unknown, Reachability::reachable,
                                           Reachability::unreachable};
std::string_view to_string(Reachability reachability);

struct DiscoveryView {
  std::uint64_t serial = 0;  // never given twice while the program runs
  Discovery wanted;
  std::chrono::system_clock::time_point made{};
  std::chrono::system_clock::time_point changed{};
  Reachability reachability = Reachability::unknown;  // by the last fetch
  std::shared_ptr<const DiscoveryLog> log{};          // of the last fetch that succeeded
  std::string controller{};                           // that is kept; empty: none
  std::string trouble{};              // of what goes on by itself, and when it is tried again
  std::optional<Record> unreached{};  // why the last fetch failed
  std::optional<Record> refused{};    // the last write, when it was
};

struct DiscoveriesSnapshot {
  std::uint64_t generation = 0;
  std::map<std::string, DiscoveryView> discoveries;  // by name
  std::map<std::uint64_t, std::string> names;        // by serial
  std::deque<Record> log;                            // oldest first, 256 at most
  Tally tally;

  const DiscoveryView* find(std::uint64_t serial) const;
};

// Everything outside, by reference: they outlive the last call that was made to them, which may be
// one that waits in the kernel when Discoveries is gone.
struct DiscoveriesEnvironment {
  Initiator& initiator;
  DiscoveryStore& store;
  Connections& connections;
};

struct DiscoveriesOptions {
  std::chrono::milliseconds patience{10000};    // for connecting, and for each piece of a log
  std::chrono::milliseconds first_pause{1000};  // until what failed is tried again; doubles
  std::chrono::milliseconds longest_pause{60000};
};

class Discoveries {
 public:
  // start() loads the store and begins to answer, and to follow what is to be followed. Connections
  // are started before.
  Discoveries(DiscoveriesEnvironment environment, DiscoveriesOptions options);
  ~Discoveries();  // stop()
  Discoveries(const Discoveries&) = delete;
  Discoveries& operator=(const Discoveries&) = delete;

  Result<void> start();
  // Answers what is under way (ESHUTDOWN) and starts nothing new. Kept controllers are left.
  void stop();

  // Any thread; returns at once. Requests on one directory are done in their order.
  void submit(DiscoveryRequest request, Completion completion);

  // Asks the controller anew; when it is answered without an error the snapshot has the log. Those
  // who ask while a fetch is under way share its answer. Any thread; returns at once.
  void fetch(std::uint64_t serial, Completion completion);

  // Any thread; never waits.
  std::shared_ptr<const DiscoveriesSnapshot> snapshot() const;

  // How long it took to answer what was submitted, and to fetch. Any thread.
  Timings timings() const;

  // Called from the deciding thread with no lock held after each published snapshot. Set before
  // start().
  void on_publish(
      std::function<void(const DiscoveriesSnapshot& before, const DiscoveriesSnapshot& after)>
          observer);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What the kernel and the connections have of what an entry lists: "connected", "connecting" or
// "-". Pure.
std::string_view connected_state(const DiscoveryEntry& entry,
                                 const ConnectionsSnapshot& connections);

}  // namespace nvmeofs
