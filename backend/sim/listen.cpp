#include "sim/listen.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "sim/text.h"

namespace nvmeofs::sim {
namespace {

Syscall<Trtype> parse_trtype_name(const std::string& name) {
  if (name == "rdma") return Trtype::rdma;
  if (name == "tcp") return Trtype::tcp;
  if (name == "loop") return Trtype::loop;
  if (name == "fc") return Trtype::fc;
  return fails(EINVAL);
}

Syscall<Adrfam> parse_adrfam_name(const std::string& name) {
  if (name == "ipv4") return Adrfam::ipv4;
  if (name == "ipv6") return Adrfam::ipv6;
  return fails(EINVAL);
}

bool has_interface(const SimMachine& machine, const std::string& zone) {
  return std::ranges::any_of(machine.addresses,
                             [&](const auto& entry) { return entry.first.ends_with("%" + zone); });
}

Syscall<std::string> parse_ipv4(const std::string& traddr) {
  in_addr parsed{};
  std::array<char, INET_ADDRSTRLEN> text{};
  if (inet_pton(AF_INET, traddr.c_str(), &parsed) != 1) return fails(EINVAL);
  inet_ntop(AF_INET, &parsed, text.data(), text.size());
  return std::string(text.data());
}

Syscall<std::string> parse_ipv6(const std::string& traddr, const SimMachine& machine) {
  const auto percent = traddr.find('%');
  in6_addr parsed{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(AF_INET6, traddr.substr(0, percent).c_str(), &parsed) != 1) return fails(EINVAL);
  inet_ntop(AF_INET6, &parsed, text.data(), text.size());
  const std::string canonical = text.data();
  // A zone of any other address is not even looked at.
  if (!IN6_IS_ADDR_LINKLOCAL(&parsed)) return canonical;
  if (percent == std::string::npos) return fails(EINVAL);
  const std::string zone = traddr.substr(percent + 1);
  if (!has_interface(machine, zone)) return fails(EINVAL);
  return canonical + "%" + zone;
}

bool is_ipv6(const std::string& traddr) {
  return traddr.find(':') != std::string::npos;
}

// A listening :: takes IPv4 connections too (nvmet-tcp does not set IPV6_V6ONLY), so it is in the
// way of every address; 0.0.0.0 is in the way of IPv4 alone.
bool clashes_over_tcp(const std::string& a, const std::string& b) {
  if (a == b || a == "::" || b == "::") return true;
  return is_ipv6(a) == is_ipv6(b) && (a == "0.0.0.0" || b == "0.0.0.0");
}

Syscall<void> check_tcp(const TransportAddress& address, const SimMachine& machine,
                        const std::vector<TransportAddress>& listening) {
  if (!machine.has_address(address.traddr)) return fails(EADDRNOTAVAIL);
  if (address.trsvcid == 0) return {};
  const auto in_the_way = [&](const auto& other) {
    return other.trsvcid == address.trsvcid && clashes_over_tcp(other.traddr, address.traddr);
  };
  const bool taken = std::ranges::any_of(machine.listeners, in_the_way) ||
                     std::ranges::any_of(listening, [&](const TransportAddress& other) {
                       return other.trtype == Trtype::tcp && in_the_way(other);
                     });
  return taken ? Syscall<void>(fails(EADDRINUSE)) : Syscall<void>();
}

// cma_check_port with afonly: a wildcard and anything else of its family and port is EADDRNOTAVAIL,
// not EADDRINUSE. Loopback is taken on any RDMA device, though nobody can ever come in by it.
Syscall<void> check_rdma(const TransportAddress& address, const SimMachine& machine,
                         const std::vector<TransportAddress>& listening) {
  if (!machine.has_address(address.traddr)) return fails(EADDRNOTAVAIL);
  const bool served = address.is_wildcard() || !machine.rdma_device_of(address.traddr).empty() ||
                      (address.is_loopback() && machine.has_rdma());
  if (!served) return fails(ENODEV);
  if (address.trsvcid == 0) return {};
  for (const TransportAddress& other : listening) {
    if (other.trtype != Trtype::rdma || other.adrfam != address.adrfam) continue;
    if (other.trsvcid != address.trsvcid) continue;
    if (other.is_wildcard() || address.is_wildcard()) return fails(EADDRNOTAVAIL);
    if (other.traddr == address.traddr) return fails(EADDRINUSE);
  }
  return {};
}

// nvmet_fc_add_port: an FC port is of one nvmet port.
Syscall<void> check_fc(const TransportAddress& address, const SimMachine& machine,
                       const std::vector<TransportAddress>& listening) {
  if (!machine.fc_ports.contains(address.traddr)) return fails(ENXIO);
  return contains(listening, address) ? Syscall<void>(fails(EALREADY)) : Syscall<void>();
}

}  // namespace

Syscall<TransportAddress> parse_listen_address(const std::string& trtype, const std::string& adrfam,
                                               const std::string& traddr,
                                               const std::string& trsvcid,
                                               const SimMachine& machine) {
  const auto transport = parse_trtype_name(trtype);
  if (!transport || !machine.transports.contains(*transport)) return fails(EINVAL);
  // nvme_loop_add_port looks at nothing.
  if (*transport == Trtype::loop) return TransportAddress::loop();
  if (*transport == Trtype::fc) {
    const auto address = TransportAddress::from_port(trtype, adrfam, traddr, trsvcid);
    return address ? Syscall<TransportAddress>(*address) : fails(EINVAL);
  }
  const auto family = parse_adrfam_name(adrfam);
  if (!family) return fails(EINVAL);
  const auto host = *family == Adrfam::ipv4 ? parse_ipv4(traddr) : parse_ipv6(traddr, machine);
  const auto service = to_unsigned(trsvcid, UINT16_MAX);
  if (!host || !service) return fails(EINVAL);
  return TransportAddress{*transport, *family, *host, static_cast<std::uint16_t>(*service)};
}

Syscall<void> check_listen(const TransportAddress& address, const SimMachine& machine,
                           const std::vector<TransportAddress>& listening) {
  if (address.trtype == Trtype::loop) return {};
  if (address.trtype == Trtype::fc) return check_fc(address, machine, listening);
  return address.trtype == Trtype::tcp ? check_tcp(address, machine, listening)
                                       : check_rdma(address, machine, listening);
}

}  // namespace nvmeofs::sim
