// Nodes of the tree: numbers, entries of directories, and what stat(2) says of them.
//
// A node id is the inode number: the fixed ones, and (serial << 11) | (branch << 8) | slot for what
// is below exports/, connections/, discovery/, ports/ and hosts/, where slot 0 is the directory
// that somebody made there and slot n its n-th file. Serials are never given twice, so an id never
// comes to mean something else, and the kernel's forgetting needs no book-keeping.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace nvmeofs {

using NodeId = std::uint64_t;

inline constexpr NodeId root_node = 1;
inline constexpr NodeId readme_node = 2;
inline constexpr NodeId exports_node = 3;
inline constexpr NodeId log_node = 4;
inline constexpr NodeId connections_node = 5;
inline constexpr NodeId discovery_node = 6;
inline constexpr NodeId host_config_node = 7;     // connections/config.json
inline constexpr NodeId discovery_conf_node = 8;  // discovery/discovery.conf
inline constexpr NodeId ports_node = 9;
inline constexpr NodeId hosts_node = 10;
inline constexpr NodeId metrics_node = 11;
inline constexpr NodeId topology_node = 12;
inline constexpr NodeId target_config_node = 13;  // config.json

enum class Below : std::uint8_t {
  exports,
  connections,
  discovery,
  ports,
  spaces,
  hosts,
  referrals
};

constexpr NodeId node_below(Below branch, std::uint64_t serial, unsigned slot) {
  return serial << 11 | static_cast<NodeId>(branch) << 8 | slot;
}
constexpr NodeId export_node(std::uint64_t serial, unsigned slot = 0) {
  return node_below(Below::exports, serial, slot);
}
constexpr NodeId connection_node(std::uint64_t serial, unsigned slot = 0) {
  return node_below(Below::connections, serial, slot);
}
constexpr NodeId discovery_node_of(std::uint64_t serial, unsigned slot = 0) {
  return node_below(Below::discovery, serial, slot);
}
constexpr NodeId port_node(std::uint64_t serial, unsigned slot = 0) {
  return node_below(Below::ports, serial, slot);
}
// Of a namespace of an export, and its files.
constexpr NodeId space_node(std::uint64_t serial, unsigned slot = 0) {
  return node_below(Below::spaces, serial, slot);
}
// Of a referral of a port, and its files.
constexpr NodeId referral_node(std::uint64_t serial, unsigned slot = 0) {
  return node_below(Below::referrals, serial, slot);
}
constexpr NodeId host_node(std::uint64_t serial, unsigned slot = 0) {
  return node_below(Below::hosts, serial, slot);
}
// Serials begin with 1.
constexpr bool is_fixed(NodeId node) {
  return node < export_node(1);
}
constexpr bool is_below(Below branch, NodeId node) {
  return !is_fixed(node) && (node >> 8 & 7) == static_cast<NodeId>(branch);
}
constexpr bool is_below_exports(NodeId node) {
  return is_below(Below::exports, node);
}
constexpr bool is_below_connections(NodeId node) {
  return is_below(Below::connections, node);
}
constexpr bool is_below_discovery(NodeId node) {
  return is_below(Below::discovery, node);
}
constexpr bool is_below_ports(NodeId node) {
  return is_below(Below::ports, node);
}
constexpr bool is_below_spaces(NodeId node) {
  return is_below(Below::spaces, node);
}
constexpr bool is_below_referrals(NodeId node) {
  return is_below(Below::referrals, node);
}
constexpr bool is_below_hosts(NodeId node) {
  return is_below(Below::hosts, node);
}
constexpr std::uint64_t serial_of(NodeId node) {
  return node >> 11;
}
constexpr unsigned slot_of(NodeId node) {
  return node & 0xff;
}

// A value, or the errno that says why there is none: ESTALE for a node that is no more.
template <class T>
using Found = tl::expected<T, int>;

// Whose a node is as long as nobody has said otherwise, and what is taken from its permissions.
struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t umask = 0;
};

struct Entry {
  std::string name;
  NodeId node = 0;
  mode_t type = 0;  // S_IFDIR or S_IFREG
};

using Time = std::chrono::system_clock::time_point;

// `directories`: how many are in it.
struct stat directory_stat(NodeId node, Owner owner, Time changed, std::size_t directories);
struct stat file_stat(NodeId node, mode_t permissions, Owner owner, Time changed, std::size_t size);

}  // namespace nvmeofs
