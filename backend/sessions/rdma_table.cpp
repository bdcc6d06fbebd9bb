#include "rdma_table.h"

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <rdma/rdma_netlink.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "tables/netlink.h"

namespace nvmeofs {
namespace {

using Attributes = std::array<nlattr*, RDMA_NLDEV_ATTR_MAX>;

// enum rdma_cm_state of include/rdma/rdma_cm.h, which no uapi header has: resource lists carry it.
constexpr std::uint8_t state_connect = 5;
constexpr std::uint8_t state_listen = 8;

constexpr int message_type(int command) {
  return RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, command);
}

Attributes attributes_of(const nlmsghdr& message) {
  Attributes attributes{};
  auto* header = const_cast<nlmsghdr*>(&message);
  if (nlmsg_parse(header, 0, attributes.data(), RDMA_NLDEV_ATTR_MAX - 1, nullptr) < 0) {
    attributes.fill(nullptr);
  }
  return attributes;
}

template <class Number>
std::optional<Number> number(const Attributes& attributes, std::size_t which) {
  const auto* attribute = attributes.at(which);
  Number value{};
  if (attribute == nullptr || nla_len(attribute) < static_cast<int>(sizeof(value))) {
    return std::nullopt;
  }
  std::memcpy(&value, nla_data(attribute), sizeof(value));
  return value;
}

std::optional<TransportAddress> address(const Attributes& attributes, std::size_t which) {
  const auto socket = number<sockaddr_storage>(attributes, which);
  return socket ? address_of_socket(Trtype::rdma, *socket) : std::nullopt;
}

bool is_nvmet(const Attributes& attributes) {
  const auto* name = attributes.at(RDMA_NLDEV_ATTR_RES_KERN_NAME);
  if (name == nullptr) return false;  // a program's, which has a process id instead
  const std::string_view text(static_cast<const char*>(nla_data(name)),
                              static_cast<std::size_t>(nla_len(name)));
  return text.substr(0, text.find('\0')) == "nvmet_rdma";
}

void add(const Attributes& row, std::uint32_t device, Tables& tables) {
  const auto state = number<std::uint8_t>(row, RDMA_NLDEV_ATTR_RES_STATE);
  auto local = address(row, RDMA_NLDEV_ATTR_RES_SRC_ADDR);
  if (!state || !local || !is_nvmet(row)) return;
  if (*state == state_listen) {
    tables.listeners.push_back(std::move(*local));
    return;
  }
  auto peer = address(row, RDMA_NLDEV_ATTR_RES_DST_ADDR);
  const auto cm_idn = number<std::uint32_t>(row, RDMA_NLDEV_ATTR_RES_CM_IDN);
  if (*state != state_connect || !peer || !cm_idn) return;
  tables.connections.push_back({{Trtype::rdma, std::uint64_t{device} << 32 | *cm_idn},
                                std::move(*local),
                                std::move(peer->traddr)});
}

Result<std::vector<std::uint32_t>> devices(Netlink& netlink) {
  std::vector<std::uint32_t> indices;
  auto done = netlink.dump(
      message_type(RDMA_NLDEV_CMD_GET), nullptr, 0, [&] { indices.clear(); },
      [&](const nlmsghdr& message) {
        const auto index = number<std::uint32_t>(attributes_of(message), RDMA_NLDEV_ATTR_DEV_INDEX);
        if (index) indices.push_back(*index);
      });
  if (!done) return tl::unexpected(done.error());
  return indices;
}

Result<void> add_device(Netlink& netlink, std::uint32_t device, Tables& tables) {
  struct {
    nlattr header;
    std::uint32_t index;
  } const request{{sizeof(request), RDMA_NLDEV_ATTR_DEV_INDEX}, device};
  Tables found;
  auto done = netlink.dump(
      message_type(RDMA_NLDEV_CMD_RES_CM_ID_GET), &request, sizeof(request), [&] { found = {}; },
      [&](const nlmsghdr& message) {
        auto* list = attributes_of(message).at(RDMA_NLDEV_ATTR_RES_CM_ID);
        if (list == nullptr) return;
        nlattr* entry = nullptr;
        int left = 0;
        nla_for_each_nested(entry, list, left) {
          Attributes row{};
          if (nla_parse_nested(row.data(), RDMA_NLDEV_ATTR_MAX - 1, entry, nullptr) < 0) continue;
          add(row, device, found);
        }
      });
  // A device that went away since it was listed has no connections.
  if (!done && done.error().errnum != ENOENT) return done;
  std::ranges::move(found.listeners, std::back_inserter(tables.listeners));
  std::ranges::move(found.connections, std::back_inserter(tables.connections));
  return {};
}

}  // namespace

Result<Tables> read_rdma_table() {
  Tables tables;
  // Opening the socket would load the module.
  if (access("/sys/class/infiniband", F_OK) != 0) return tables;
  auto netlink = Netlink::open(NETLINK_RDMA, "RDMA connections");
  if (!netlink && netlink.error().errnum == EPROTONOSUPPORT) return tables;
  if (!netlink) return tl::unexpected(netlink.error());
  const auto indices = devices(*netlink);
  if (!indices) return tl::unexpected(indices.error());
  for (const auto device : *indices) {
    if (auto done = add_device(*netlink, device, tables); !done) {
      return tl::unexpected(done.error());
    }
  }
  return tables;
}

}  // namespace nvmeofs
