#include "nvmeofs/connection_option.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "model/dhchap_secret.h"
#include "nvmeofs/export.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

using Kind = ConnectionOption::Kind;

// Seconds that the kernel multiplies by 1000 in an int.
constexpr std::int64_t most_seconds = 2147483;
constexpr std::int64_t most_int = 2147483647;

// drivers/nvme/host/fabrics.c, nvmf_parse_options, for the ranges; tcp.c and rdma.c, allowed_opts,
// for the transports. keyring and tls_key are the numbers that /proc/keys has, not secrets.
constexpr std::array table{
    ConnectionOption{.name = "host_nqn", .token = "hostnqn", .kind = Kind::host_nqn},
    ConnectionOption{.name = "host_id", .token = "hostid", .kind = Kind::host_id},
    ConnectionOption{.name = "host_traddr", .token = "host_traddr", .kind = Kind::ip_address},
    ConnectionOption{
        .name = "host_iface", .token = "host_iface", .kind = Kind::interface, .rdma = false},
    ConnectionOption{.name = "nr_io_queues",
                     .token = "nr_io_queues",
                     .kind = Kind::number,
                     .least = 1,
                     .most = 65535},
    ConnectionOption{.name = "nr_write_queues",
                     .token = "nr_write_queues",
                     .kind = Kind::number,
                     .least = 1,
                     .most = 65535},
    ConnectionOption{.name = "nr_poll_queues",
                     .token = "nr_poll_queues",
                     .kind = Kind::number,
                     .least = 1,
                     .most = 65535},
    ConnectionOption{.name = "queue_size",
                     .token = "queue_size",
                     .kind = Kind::number,
                     .least = 16,
                     .most = 1024},
    ConnectionOption{.name = "keep_alive_tmo",
                     .token = "keep_alive_tmo",
                     .kind = Kind::number,
                     .least = 0,
                     .most = most_seconds},
    ConnectionOption{.name = "reconnect_delay",
                     .token = "reconnect_delay",
                     .kind = Kind::number,
                     .least = 1,
                     .most = most_seconds,
                     .live = true},
    ConnectionOption{.name = "ctrl_loss_tmo",
                     .token = "ctrl_loss_tmo",
                     .kind = Kind::number,
                     .least = -1,
                     .most = most_int,
                     .live = true},
    ConnectionOption{.name = "fast_io_fail_tmo",
                     .token = "fast_io_fail_tmo",
                     .kind = Kind::number,
                     .least = -1,
                     .most = most_seconds,
                     .live = true},
    ConnectionOption{.name = "tos", .token = "tos", .kind = Kind::number, .least = 0, .most = 255},
    ConnectionOption{
        .name = "hdr_digest", .token = "hdr_digest", .kind = Kind::flag, .rdma = false},
    ConnectionOption{
        .name = "data_digest", .token = "data_digest", .kind = Kind::flag, .rdma = false},
    ConnectionOption{.name = "duplicate_connect", .token = "duplicate_connect", .kind = Kind::flag},
    ConnectionOption{.name = "disable_sqflow", .token = "disable_sqflow", .kind = Kind::flag},
    ConnectionOption{
        .name = "dhchap_secret", .token = "dhchap_secret", .kind = Kind::secret, .protects = true},
    ConnectionOption{.name = "dhchap_ctrl_secret",
                     .token = "dhchap_ctrl_secret",
                     .kind = Kind::secret,
                     .protects = true},
    ConnectionOption{
        .name = "tls", .token = "tls", .kind = Kind::flag, .rdma = false, .protects = true},
    ConnectionOption{.name = "keyring",
                     .token = "keyring",
                     .kind = Kind::number,
                     .least = 1,
                     .most = most_int,
                     .rdma = false,
                     .protects = true},
    ConnectionOption{.name = "tls_key",
                     .token = "tls_key",
                     .kind = Kind::number,
                     .least = 1,
                     .most = most_int,
                     .rdma = false,
                     .protects = true},
    ConnectionOption{
        .name = "concat", .token = "concat", .kind = Kind::flag, .rdma = false, .protects = true},
};

bool may_stand_in_an_option(char c) {
  return c > 0x20 && c < 0x7f && c != ',';
}

Result<std::string> check_number(const ConnectionOption& option, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < option.least ||
      value > option.most)
    return refuse(EINVAL, Reason::bad_value, "'{}' is no number from {} to {}", printable(text),
                  option.least, option.most);
  return std::to_string(value);
}

Result<std::string> check_host_id(std::string_view text) {
  std::string id(text);
  for (char& c : id)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  bool right = id.size() == 36;
  for (std::size_t i = 0; right && i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    right = dash ? id[i] == '-' : (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f');
  }
  if (!right)
    return refuse(EINVAL, Reason::bad_value,
                  "'{}' is no host id; one is 32 hexadecimal digits as 8-4-4-4-12",
                  printable(text));
  return id;
}

Result<std::string> check_interface(std::string_view text) {
  constexpr std::size_t longest = 15;  // IFNAMSIZ - 1
  if (text.size() > longest || text.find('/') != std::string_view::npos || text == "." ||
      text == "..")
    return refuse(EINVAL, Reason::bad_value, "'{}' is no name of a network interface",
                  printable(text));
  return std::string(text);
}

Result<std::string> check_ip_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const bool ipv6 = text.find(':') != std::string_view::npos;
  const auto address = TransportAddress::from_port("tcp", ipv6 ? "ipv6" : "ipv4", text, "4420");
  if (!address) return tl::unexpected(address.error());
  return address->traddr;
}

}  // namespace

std::span<const ConnectionOption> connection_options() {
  return table;
}

const ConnectionOption* find_connection_option(std::string_view name) {
  const auto* const found = std::find_if(table.begin(), table.end(),
                                         [&](const auto& option) { return option.name == name; });
  return found != table.end() ? &*found : nullptr;
}

std::vector<const ConnectionOption*> options_of_kernel(const std::set<std::string>& tokens) {
  std::vector<const ConnectionOption*> there;
  for (const auto& option : table)
    if (tokens.contains(std::string(option.token))) there.push_back(&option);
  return there;
}

Result<std::string> check(const ConnectionOption& option, std::string_view text) {
  if (text.empty()) return refuse(EINVAL, Reason::bad_value, "{} is not empty", option.name);
  if (!std::all_of(text.begin(), text.end(), may_stand_in_an_option))
    return refuse(EINVAL, Reason::bad_value,
                  "{} has no blank, comma, control character or letter beyond ASCII in it",
                  option.name);
  switch (option.kind) {
    case Kind::number:
      return check_number(option, text);
    case Kind::flag:
      return parse_bool(text).map([](bool on) { return std::string(on ? "1" : "0"); });
    case Kind::host_nqn:
      return Nqn::parse(text).map([](const Nqn& nqn) { return nqn.str(); });
    case Kind::host_id:
      return check_host_id(text);
    case Kind::ip_address:
      return check_ip_address(text);
    case Kind::interface:
      return check_interface(text);
    case Kind::secret:
      return check_dhchap_secret(text).map([&] { return std::string(text); });
  }
  return refuse(EIO, Reason::internal, "{} is of no kind", option.name);
}

std::string shown(const ConnectionOption& option, const std::optional<std::string>& value) {
  if (option.secret()) return value ? "set" : "unset";
  return value.value_or("");
}

Connection without_secrets(Connection connection) {
  for (auto& [name, value] : connection.options) {
    const ConnectionOption* const option = find_connection_option(name);
    if (option == nullptr || option->secret()) value = "set";
  }
  return connection;
}

Result<PathRequest> path_request(const Connection& connection, const TransportAddress& address,
                                 const HostIdentity& host, const std::set<std::string>& tokens) {
  PathRequest request{
      .subsystem = connection.subsystem(), .address = address, .host = host, .options = {}};
  const auto nqn = connection.options.find("host_nqn");
  const auto id = connection.options.find("host_id");
  if ((nqn != connection.options.end()) != (id != connection.options.end()))
    return refuse(EINVAL, Reason::incomplete,
                  "host_nqn and host_id belong together, and only one is there; write the other "
                  "one too, or clear both");
  if (nqn != connection.options.end()) request.host = {nqn->second, id->second};

  for (const auto& [name, value] : connection.options) {
    const ConnectionOption* const option = find_connection_option(name);
    if (option != nullptr && (option->kind == Kind::host_nqn || option->kind == Kind::host_id))
      continue;
    if (option != nullptr && option->kind == Kind::flag && value == "0") continue;
    if (option == nullptr || !tokens.contains(std::string(option->token)))
      return refuse(EOPNOTSUPP, Reason::not_offered,
                    "this kernel's nvme-fabrics has no option {}; clear it", printable(name));
    if (address.trtype == Trtype::rdma && !option->rdma) {
      if (option->protects)
        return refuse(EPROTONOSUPPORT, Reason::not_offered,
                      "{} does not exist over rdma, and {} would be without it; clear it, or "
                      "use tcp://",
                      name, address.uri());
      continue;
    }
    request.options.emplace(option->token, option->kind == Kind::flag ? "" : value);
  }
  return request;
}

}  // namespace nvmeofs
