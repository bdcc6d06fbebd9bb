#include "interfaces.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>

#include <array>
#include <cerrno>
#include <memory>

namespace nvmeofs {
namespace {

struct Free {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
  void operator()(nl_cache* cache) const { nl_cache_free(cache); }
};

tl::unexpected<Error> unreadable(int error) {
  return refuse(EIO, Reason::internal, "the addresses of this machine cannot be read: {}",
                nl_geterror(error));
}

std::string text_of(const nl_addr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address == nullptr || inet_ntop(nl_addr_get_family(address), nl_addr_get_binary_addr(address),
                                      text.data(), text.size()) == nullptr) {
    return "";
  }
  return text.data();
}

InterfaceAddress from(rtnl_addr* entry) {
  const nl_addr* local = rtnl_addr_get_local(entry);
  const bool ipv6 = rtnl_addr_get_family(entry) == AF_INET6;
  InterfaceAddress found;
  found.index = static_cast<unsigned>(rtnl_addr_get_ifindex(entry));
  std::array<char, IF_NAMESIZE> name{};
  if (if_indextoname(found.index, name.data()) != nullptr) found.interface = name.data();
  found.adrfam = ipv6 ? Adrfam::ipv6 : Adrfam::ipv4;
  found.address = text_of(local);
  if (ipv6) {
    const auto* bytes = static_cast<const in6_addr*>(nl_addr_get_binary_addr(local));
    found.link_local = IN6_IS_ADDR_LINKLOCAL(bytes);
    found.loopback = IN6_IS_ADDR_LOOPBACK(bytes);
  } else {
    found.broadcast = text_of(rtnl_addr_get_broadcast(entry));
    found.loopback = found.address.rfind("127.", 0) == 0;
  }
  const unsigned flags = rtnl_addr_get_flags(entry);
  found.tentative = (flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_OPTIMISTIC) == 0;
  return found;
}

}  // namespace

std::string InterfaceAddress::traddr() const {
  return link_local ? address + "%" + interface : address;
}

Result<std::vector<InterfaceAddress>> interface_addresses() {
  const std::unique_ptr<nl_sock, Free> socket(nl_socket_alloc());
  if (!socket) return unreadable(-NLE_NOMEM);
  if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
    return unreadable(error);
  nl_cache* raw = nullptr;
  if (const int error = rtnl_addr_alloc_cache(socket.get(), &raw); error < 0) {
    return unreadable(error);
  }
  const std::unique_ptr<nl_cache, Free> cache(raw);
  std::vector<InterfaceAddress> addresses;
  for (nl_object* entry = nl_cache_get_first(cache.get()); entry != nullptr;
       entry = nl_cache_get_next(entry)) {
    auto* address = reinterpret_cast<rtnl_addr*>(entry);
    const int family = rtnl_addr_get_family(address);
    if ((family == AF_INET || family == AF_INET6) && rtnl_addr_get_local(address) != nullptr) {
      addresses.push_back(from(address));
    }
  }
  return addresses;
}

}  // namespace nvmeofs
