// Where a subsystem is served: transport, address and service, as the user writes it and as the
// kernel's ports hold it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/error.h"

namespace nvmeofs {

// loop is this machine alone: its own host, without a network (drivers/nvme/target/loop.c).
enum class Trtype : std::uint8_t { rdma, tcp, loop, fc };
enum class Adrfam : std::uint8_t { ipv4, ipv6, loop, fc };

std::string_view to_string(Trtype trtype);
std::string_view to_string(Adrfam adrfam);
// Of an IP network: rdma or tcp. EPROTONOSUPPORT.
Result<Trtype> parse_trtype(std::string_view text);

// An address in canonical form: equal addresses compare equal, however they were written.
struct TransportAddress {
  static constexpr std::uint16_t default_trsvcid = 4420;

  Trtype trtype{};
  Adrfam adrfam{};
  // inet_ntop form; IPv6 without brackets, with %zone when it has one. Of fc the names of the node
  // and the port, as nvmet-fc reads them: "nn-0x20000090fa942779:pn-0x10000090fa942779"
  std::string traddr;
  std::uint16_t trsvcid =
      default_trsvcid;  // 1..65535: 0 would listen on a port that nobody is told. Of fc 0

  // There is one: it has neither traddr nor trsvcid.
  static TransportAddress loop() {
    return {.trtype = Trtype::loop, .adrfam = Adrfam::loop, .traddr = "", .trsvcid = 0};
  }

  // `[transport://]host[:trsvcid]`, `fc://nn-0x…:pn-0x…`, or `loop`; `nvme+tcp://…` is taken too.
  // Refused: names (they change, an export must not), a link-local IPv6 address without a zone,
  // multicast and broadcast. EINVAL, EPROTONOSUPPORT, EAFNOSUPPORT.
  static Result<TransportAddress> parse(std::string_view text, Trtype default_transport);

  // From the four texts of a kernel port, which the kernel has not checked (its trsvcid is int0:
  // 0x1144 is 4420, and nvmet-fc does not look at it). An error only says that no export of ours
  // can be on this port.
  static Result<TransportAddress> from_port(std::string_view trtype, std::string_view adrfam,
                                            std::string_view traddr, std::string_view trsvcid);

  // "rdma:192.168.1.32:4420", "fc:nn-0x…:pn-0x…", "loop": the same, as a directory can be called
  std::string name() const;
  std::string uri() const;   // "rdma://192.168.1.32:4420", "tcp://[fe80::1%eth0]:4420", "loop://"
  bool is_wildcard() const;  // 0.0.0.0 or ::
  bool is_loopback() const;  // 127.0.0.0/8 or ::1
  auto operator<=>(const TransportAddress&) const = default;
};

bool contains(const std::vector<TransportAddress>& addresses, const TransportAddress& address);
// Behind the others, unless it is there already: a list has none twice.
void add_distinct(std::vector<TransportAddress>& addresses, const TransportAddress& address);

}  // namespace nvmeofs
