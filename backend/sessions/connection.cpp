#include "connection.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace nvmeofs {

TransportAddress address_of_socket(Trtype trtype, int family, const void* bytes, std::uint16_t port,
                                   unsigned interface) {
  TransportAddress address{.trtype = trtype, .adrfam = Adrfam::ipv4, .traddr = {}, .trsvcid = port};
  std::array<char, INET6_ADDRSTRLEN> text{};
  in6_addr ipv6{};
  if (family == AF_INET6) std::memcpy(&ipv6, bytes, sizeof(ipv6));
  if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&ipv6)) {
    address.traddr = inet_ntop(AF_INET, &ipv6.s6_addr[12], text.data(), text.size());
    return address;
  }
  address.traddr = inet_ntop(family, bytes, text.data(), text.size());
  if (family != AF_INET6) return address;

  address.adrfam = Adrfam::ipv6;
  std::array<char, IF_NAMESIZE> name{};
  if (IN6_IS_ADDR_LINKLOCAL(&ipv6) && interface != 0 &&
      if_indextoname(interface, name.data()) != nullptr) {
    address.traddr.append("%").append(name.data());
  }
  return address;
}

std::optional<TransportAddress> address_of_socket(Trtype trtype, const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof(ipv4));
    return address_of_socket(trtype, AF_INET, &ipv4.sin_addr, ntohs(ipv4.sin_port), 0);
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof(ipv6));
    return address_of_socket(trtype, AF_INET6, &ipv6.sin6_addr, ntohs(ipv6.sin6_port),
                             ipv6.sin6_scope_id);
  }
  return std::nullopt;
}

}  // namespace nvmeofs
