// The options of a connection, by the names of their files in options/. One table: what the kernel
// calls each, what it takes, and when. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/connection.h"
#include "nvmeofs/error.h"
#include "nvmeofs/initiator.h"

namespace nvmeofs {

struct ConnectionOption {
  enum class Kind { number, flag, host_nqn, host_id, ip_address, interface, secret };

  std::string_view name;   // "host_nqn", the file in options/
  std::string_view token;  // "hostnqn", the kernel's
  Kind kind{};
  std::int64_t least = 0;  // of a number
  std::int64_t most = 0;
  bool rdma = true;   // tcp takes them all
  bool live = false;  // a controller that is connected takes a new value, through sysfs
  // Left out on a path, the user would have less protection than was asked for.
  bool protects = false;

  bool secret() const { return kind == Kind::secret; }
};

std::span<const ConnectionOption> connection_options();

// nullptr: there is no such option.
const ConnectionOption* find_connection_option(std::string_view name);

// Those that exist on this machine, in the table's order. `tokens`: Initiator::options().
std::vector<const ConnectionOption*> options_of_kernel(const std::set<std::string>& tokens);

// The canonical value, which holds no comma, blank or control character: the kernel takes the
// options of a connection as one text with commas in between. EINVAL; a message never has a secret
// in it.
Result<std::string> check(const ConnectionOption& option, std::string_view text);

// What may be shown of a value: all of it, or that there is one ("set", "unset").
std::string shown(const ConnectionOption& option, const std::optional<std::string>& value);

// With `set` in the place of each secret.
Connection without_secrets(Connection connection);

// One path of the connection, as the kernel is to be asked for it. An option that the path's
// transport does not take is left out, as the other paths may take it; one that protects is refused
// (EPROTONOSUPPORT), and so is one that this kernel does not list (EOPNOTSUPP): it would refuse the
// whole, and print an unknown secret into its log. host_nqn and host_id stand for `host` and come
// both or not at all (EINVAL).
Result<PathRequest> path_request(const Connection& connection, const TransportAddress& address,
                                 const HostIdentity& host, const std::set<std::string>& tokens);

}  // namespace nvmeofs
