#include "tcp_table.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "tables/netlink.h"

namespace nvmeofs {
namespace {

// What the kernel runs on each socket before it hands it out, so that a machine with a hundred
// thousand other connections does not send us those: own port >= first and <= last. A failing
// condition jumps past the end, which is no.
struct PortRange {
  inet_diag_bc_op from;
  inet_diag_bc_op first;  // its `no` is the number
  inet_diag_bc_op to;
  inet_diag_bc_op last;
};

struct Request {
  inet_diag_req_v2 sockets;
  nlattr header;
  PortRange range;
};
static_assert(sizeof(Request) == sizeof(inet_diag_req_v2) + sizeof(nlattr) + sizeof(PortRange));

Request request_for(int family, std::uint16_t first, std::uint16_t last) {
  constexpr std::uint8_t condition = 2 * sizeof(inet_diag_bc_op);
  constexpr auto no = static_cast<unsigned short>(sizeof(PortRange) + sizeof(inet_diag_bc_op));
  Request request{};
  request.sockets.sdiag_family = static_cast<std::uint8_t>(family);
  request.sockets.sdiag_protocol = IPPROTO_TCP;
  request.sockets.idiag_states = 1U << TCP_ESTABLISHED | 1U << TCP_LISTEN;
  request.header.nla_type = INET_DIAG_REQ_BYTECODE;
  request.header.nla_len = sizeof(nlattr) + sizeof(PortRange);
  request.range.from = {INET_DIAG_BC_S_GE, condition, no};
  request.range.first = {INET_DIAG_BC_NOP, 0, first};
  request.range.to = {INET_DIAG_BC_S_LE, condition, no - condition};
  request.range.last = {INET_DIAG_BC_NOP, 0, last};
  return request;
}

void add(const nlmsghdr& message, const std::set<std::uint16_t>& services, Tables& tables) {
  auto* header = const_cast<nlmsghdr*>(&message);
  if (nlmsg_datalen(header) < static_cast<int>(sizeof(inet_diag_msg))) return;
  const auto& socket = *static_cast<const inet_diag_msg*>(nlmsg_data(header));
  const std::uint16_t service = ntohs(socket.id.idiag_sport);
  if (!services.contains(service)) return;
  if (socket.idiag_family != AF_INET && socket.idiag_family != AF_INET6) return;
  auto local = address_of_socket(Trtype::tcp, socket.idiag_family, socket.id.idiag_src, service,
                                 socket.id.idiag_if);
  if (socket.idiag_state == TCP_LISTEN) {
    tables.listeners.push_back(std::move(local));
    return;
  }
  auto peer = address_of_socket(Trtype::tcp, socket.idiag_family, socket.id.idiag_dst,
                                ntohs(socket.id.idiag_dport), socket.id.idiag_if);
  const auto cookie = std::uint64_t{socket.id.idiag_cookie[1]} << 32 | socket.id.idiag_cookie[0];
  tables.connections.push_back({{Trtype::tcp, cookie}, std::move(local), std::move(peer.traddr)});
}

}  // namespace

Result<Tables> read_tcp_table(const std::set<std::uint16_t>& services) {
  Tables tables;
  if (services.empty()) return tables;
  auto netlink = Netlink::open(NETLINK_SOCK_DIAG, "TCP sockets");
  if (!netlink) return tl::unexpected(netlink.error());
  for (const int family : {AF_INET, AF_INET6}) {
    const auto request = request_for(family, *services.begin(), *services.rbegin());
    Tables found;
    auto done = netlink->dump(
        SOCK_DIAG_BY_FAMILY, &request, sizeof(request), [&] { found = {}; },
        [&](const nlmsghdr& message) { add(message, services, found); });
    if (!done) return tl::unexpected(done.error());
    std::ranges::move(found.listeners, std::back_inserter(tables.listeners));
    std::ranges::move(found.connections, std::back_inserter(tables.connections));
  }
  return tables;
}

}  // namespace nvmeofs
