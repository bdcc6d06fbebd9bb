#include "address_probe.h"

#include <arpa/inet.h>
#include <fmt/ranges.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include "interfaces.h"
#include "kernel_modules.h"
#include "nvmeofs/fd.h"
#include "rdma_devices.h"
#include "rdma_driver.h"
#include "tables/fc_ports.h"
#include "tls.h"

namespace nvmeofs {
namespace {

using Interfaces = std::vector<InterfaceAddress>;

struct Wanted {
  std::string host;  // without zone
  std::string zone;
  unsigned index = 0;  // of the zone's interface
};

Wanted split_zone(const std::string& traddr) {
  const auto percent = traddr.find('%');
  if (percent == std::string::npos) return {traddr, "", 0};
  Wanted wanted{traddr.substr(0, percent), traddr.substr(percent + 1), 0};
  wanted.index = if_nametoindex(wanted.zone.c_str());
  const char* end = wanted.zone.data() + wanted.zone.size();
  if (wanted.index == 0 && std::from_chars(wanted.zone.data(), end, wanted.index).ptr != end) {
    wanted.index = 0;
  }
  return wanted;
}

std::string tcp_uri(TransportAddress address) {
  address.trtype = Trtype::tcp;
  return address.uri();
}

// Service 0: only whether the address can be had is asked, not whether the service is free.
sockaddr_storage socket_address(const TransportAddress& address, const Wanted& wanted) {
  sockaddr_storage storage{};
  if (address.adrfam == Adrfam::ipv4) {
    auto* in = reinterpret_cast<sockaddr_in*>(&storage);
    in->sin_family = AF_INET;
    inet_pton(AF_INET, wanted.host.c_str(), &in->sin_addr);
  } else {
    auto* in = reinterpret_cast<sockaddr_in6*>(&storage);
    in->sin6_family = AF_INET6;
    inet_pton(AF_INET6, wanted.host.c_str(), &in->sin6_addr);
    in->sin6_scope_id = wanted.index;
  }
  return storage;
}

// 0, or the errno of the bind. This is what the kernel's listener does itself: it knows more than
// the list of addresses, such as all of 127.0.0.0/8 and local routes.
int try_bind(const sockaddr_storage& address) {
  const Fd socket_fd(socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket_fd) return errno;
  const auto length = static_cast<socklen_t>(address.ss_family == AF_INET ? sizeof(sockaddr_in)
                                                                          : sizeof(sockaddr_in6));
  return bind(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0 ? 0
                                                                                         : errno;
}

// "192.168.1.32 (eth0), fd00::2 (eth0)": those that other machines can reach come first, and those
// of the family that was asked for.
std::string list_addresses(Interfaces interfaces, Adrfam adrfam) {
  constexpr std::size_t most = 8;
  if (interfaces.empty()) return "no address at all";
  const auto rank = [adrfam](const InterfaceAddress& each) {
    return (each.loopback ? 4 : 0) + (each.link_local ? 2 : 0) + (each.adrfam == adrfam ? 0 : 1);
  };
  std::stable_sort(interfaces.begin(), interfaces.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  std::vector<std::string> texts;
  for (const auto& each : interfaces) {
    if (texts.size() == most) break;
    texts.push_back(fmt::format("{} ({})", each.traddr(), each.interface));
  }
  const std::size_t left = interfaces.size() - texts.size();
  const std::string list = fmt::format("{}", fmt::join(texts, ", "));
  return left == 0 ? list : fmt::format("{} and {} more", list, left);
}

tl::unexpected<Error> refuse_foreign(const Interfaces& interfaces, Adrfam adrfam) {
  return refuse(EADDRNOTAVAIL, Reason::address_not_local,
                "not an address of this machine, which has {}", list_addresses(interfaces, adrfam));
}

// The entry of the list that is meant; a local route has none.
const InterfaceAddress* find(const Interfaces& interfaces, const Wanted& wanted) {
  for (const auto& each : interfaces) {
    if (each.address == wanted.host && (wanted.index == 0 || each.index == wanted.index)) {
      return &each;
    }
  }
  return nullptr;
}

Result<void> check_zone(const Interfaces& interfaces, const Wanted& wanted) {
  char name[IF_NAMESIZE];
  if (wanted.index == 0 || if_indextoname(wanted.index, name) == nullptr) {
    return refuse(EADDRNOTAVAIL, Reason::address_not_local,
                  "this machine has no interface {}; 'ip address' lists those it has", wanted.zone);
  }
  if (find(interfaces, wanted) != nullptr) return {};
  Interfaces own;
  std::copy_if(interfaces.begin(), interfaces.end(), std::back_inserter(own),
               [&](const auto& each) { return each.index == wanted.index; });
  return refuse(EADDRNOTAVAIL, Reason::address_not_local,
                "not an address of the interface {}, which has {}", name,
                list_addresses(own, Adrfam::ipv6));
}

Result<void> check_local(const TransportAddress& address, const Interfaces& interfaces,
                         const Wanted& wanted) {
  if (!wanted.zone.empty()) {
    if (auto zone = check_zone(interfaces, wanted); !zone) return zone;
  }
  for (const auto& each : interfaces) {
    // The kernel binds those too, and no connection ever comes.
    if (each.broadcast == wanted.host && each.address != wanted.host) {
      return refuse(EADDRNOTAVAIL, Reason::address_not_local,
                    "the broadcast address of {}, where nobody can connect; write {}",
                    each.interface, each.address);
    }
  }
  const int errnum = try_bind(socket_address(address, wanted));
  if (errnum == 0) return {};
  if (errnum == EAFNOSUPPORT) {
    return refuse(EAFNOSUPPORT, Reason::unknown_family,
                  "this machine has no {}; write an address of the other family",
                  address.adrfam == Adrfam::ipv6 ? "IPv6" : "IPv4");
  }
  if (errnum != EADDRNOTAVAIL) {
    return refuse(errnum, Reason::kernel_refused, "cannot be bound: {}", std::strerror(errnum));
  }
  if (const auto* entry = find(interfaces, wanted); entry != nullptr && entry->tentative) {
    return refuse(EADDRNOTAVAIL, Reason::address_not_local,
                  "{} is still finding out whether another machine has this address; write it "
                  "again in a moment, and if that does not help see 'ip address show dev {}'",
                  entry->interface, entry->interface);
  }
  return refuse_foreign(interfaces, address.adrfam);
}

std::string list_rdma() {
  std::vector<std::string> texts;
  for (const auto& device : rdma_devices()) {
    texts.push_back(device.netdevs.empty()
                        ? device.name
                        : fmt::format("{} on {}", device.name, fmt::join(device.netdevs, ", ")));
  }
  return texts.empty() ? "this machine has no RDMA device"
                       : fmt::format("this machine's RDMA devices: {}", fmt::join(texts, ", "));
}

tl::unexpected<Error> refuse_no_device(const TransportAddress& address,
                                       const Interfaces& interfaces, const Wanted& wanted) {
  const auto* entry = find(interfaces, wanted);
  const std::string interface = entry == nullptr ? "" : entry->interface;
  const std::string where =
      address.is_wildcard() || interface.empty()
          ? "no RDMA device answers for it"
          : fmt::format("it is on {}, and no RDMA device answers for that", interface);
  const std::string soft =
      interface.empty() || module_state("rdma_rxe") == ModuleState::absent
          ? ""
          : fmt::format(", or make a soft one with 'rdma link add rxe_{} type rxe netdev {}'",
                        interface, interface);
  return refuse(ENODEV, Reason::no_rdma_device, "{} ({}); write {} to serve it over TCP{}", where,
                list_rdma(), tcp_uri(address), soft);
}

// The RDMA devices that answer for the address as far as the kernel goes.
std::vector<std::string> devices_of(const TransportAddress& address, const Interfaces& interfaces,
                                    const Wanted& wanted) {
  const auto* entry = find(interfaces, wanted);
  std::vector<std::string> names;
  for (const auto& device : rdma_devices()) {
    const auto& netdevs = device.netdevs;
    if (address.is_wildcard() ||
        (entry != nullptr &&
         std::find(netdevs.begin(), netdevs.end(), entry->interface) != netdevs.end())) {
      names.push_back(device.name);
    }
  }
  return names;
}

// What librdmacm could not do, or not soon: where the node is missing it gives udev 5 s to make it,
// twice (seen with version 44).
Result<void> prepare_connection_manager() {
  constexpr const char* node = "/dev/infiniband/rdma_cm";
  if (auto loaded = load_module("rdma_ucm"); !loaded) return loaded;
  if (access(node, R_OK | W_OK) == 0) return {};
  const int errnum = errno;
  return refuse(errnum, Reason::kernel_refused,
                "the RDMA connection manager ({}) cannot be asked: {}", node,
                std::strerror(errnum));
}

// Whether it answers.
Result<bool> ask_librdmacm(const TransportAddress& address, const Interfaces& interfaces,
                           const Wanted& wanted, RdmaBind& rdma) {
  if (auto ready = prepare_connection_manager(); !ready) {
    return tl::unexpected<Error>(ready.error());
  }
  auto answers = rdma.answers_for(socket_address(address, wanted));
  if (!answers || *answers) return answers;
  // Only now, and only with a device: it starts the program once more.
  const auto missing = missing_driver(devices_of(address, interfaces, wanted), rdma);
  if (!missing) return tl::unexpected<Error>(missing.error());
  if (!*missing) return false;
  return refuse(ENODEV, Reason::no_rdma_device, "{}; {}", (*missing)->found, (*missing)->mend);
}

Result<void> check_rdma(const TransportAddress& address, const Interfaces& interfaces,
                        const Wanted& wanted, RdmaBind& rdma) {
  if (!has_rdma_device()) return refuse_no_device(address, interfaces, wanted);
  auto answers = ask_librdmacm(address, interfaces, wanted, rdma);
  if (!answers) {
    answers.error().message += fmt::format("; write {} to serve it over TCP", tcp_uri(address));
    return tl::unexpected<Error>(answers.error());
  }
  if (*answers) return {};
  return refuse_no_device(address, interfaces, wanted);
}

Result<void> check_fc(const TransportAddress& address) {
  if (module_state("nvmet_fc") == ModuleState::absent) {
    return refuse(ENODEV, Reason::no_module,
                  "this kernel has no module nvmet-fc; write an address of another transport");
  }
  const auto ports = fc_ports();
  if (has(ports, address) || has_fcloop()) return {};
  std::vector<std::string> texts;
  for (const auto& port : ports) {
    texts.push_back(fmt::format("{} ({})", port.address.uri(), port.name));
  }
  return refuse(EADDRNOTAVAIL, Reason::address_not_local,
                "not an FC port of this machine, which has {}",
                texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, ", ")));
}

}  // namespace

Result<void> MachineAddresses::check(const TransportAddress& address) {
  if (address.trtype == Trtype::loop) {
    if (module_state("nvme_loop") != ModuleState::absent) return {};
    return refuse(ENODEV, Reason::no_module,
                  "this kernel has no module nvme-loop; write an address of this machine");
  }
  if (address.trtype == Trtype::fc) return check_fc(address);
  if (address.trtype == Trtype::rdma && address.is_loopback()) {
    return refuse(ENODEV, Reason::address_loopback,
                  "a loopback address, for which no RDMA device answers; write {} to serve it over "
                  "TCP, or the address of an RDMA device",
                  tcp_uri(address));
  }
  const auto interfaces = interface_addresses();
  if (!interfaces) return tl::unexpected<Error>(interfaces.error());
  const Wanted wanted = split_zone(address.traddr);
  if (auto local = check_local(address, *interfaces, wanted); !local) return local;
  if (address.trtype == Trtype::tcp) return {};
  return check_rdma(address, *interfaces, wanted, rdma_);
}

Result<void> MachineAddresses::check_tls() {
  return nvmeofs::check_tls();
}

}  // namespace nvmeofs
