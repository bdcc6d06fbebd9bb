// The text of the file of connections: JSON for a person to read, and to edit.
//
//   {
//     "format": "nvmeofs connections",
//     "version": 1,
//     "generation": 7,            counts the saves
//     "crc32": "89abcdef",        of all the rest
//     "connections": {
//       "toto": {
//         "nqn": "nqn.2026-01.org.example:toto",   absent: the name
//         "addresses": ["tcp://192.168.1.32:4420"],
//         "connected": true,
//         "options": {"queue_size": "64"},         secrets among them
//         "made": "2026-07-01T10:19:12Z"
//       }
//     },
//     "discovery": {                absent: none
//       "tcp:192.168.1.32:8009": {
//         "address": "tcp://192.168.1.32:8009",
//         "connect_all": true,
//         "persistent": true,
//         "made": "2026-07-01T10:19:12Z"
//       }
//     }
//   }
//
// Edits by hand, unknown keys and versions: as state_text.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "nvmeofs/connection_store.h"
#include "nvmeofs/discovery_store.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

inline constexpr unsigned connections_version = 1;

using StoredConnections = std::map<std::string, StoredConnection>;
using StoredDiscoveries = std::map<std::string, StoredDiscovery>;

struct ConnectionsState {
  StoredConnections connections{};
  StoredDiscoveries discoveries{};
  bool operator==(const ConnectionsState&) const = default;
};

struct ConnectionsText {
  ConnectionsState state;
  std::uint64_t generation = 0;
  // A JSON object of the same shape with only the keys that are not known here; empty: none.
  std::string unknown;
  bool operator==(const ConnectionsText&) const = default;
};

// Every value as the model's parsers take it; no wildcard among the addresses, no subsystem of two
// connections, and no address of two discovery controllers. EINVAL, Reason::state_unreadable: what
// is wrong and where, for behind "FILE: "; never with the value of a secret. Throws std::bad_alloc.
Result<ConnectionsText> read_connections(std::string_view text);

// One thread.
class ConnectionsWriter {
 public:
  // `unknown`: ConnectionsText::unknown of what was read.
  explicit ConnectionsWriter(std::string unknown = {}) : unknown_(std::move(unknown)) {}

  // What read_connections reads as the same. EINVAL, Reason::not_saved, of what could not be read
  // back: a file that the next start refuses must not be written. Throws std::bad_alloc.
  Result<std::string> write(const ConnectionsState& state, std::uint64_t generation) const;

  // They are on the disk: what is known of others is forgotten.
  void saved(const ConnectionsState& state);

 private:
  std::string unknown_;
};

}  // namespace nvmeofs
