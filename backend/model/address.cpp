#include "nvmeofs/address.h"

// The one operating-system header of the model: inet_pton and inet_ntop are pure, and better tested
// than any parser of ours.
#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace nvmeofs {

namespace {

struct Host {
  Adrfam adrfam{};
  std::string traddr;
};

template <class Address>
std::string canonical(int family, const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, &address, text.data(), text.size());
  return text.data();
}

bool may_stand_in_a_zone(char c) {
  return c > 0x20 && c < 0x7f && c != '/' && c != '%' && c != ',';
}

Result<Host> parse_ipv4(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1)
    return refuse(EINVAL, Reason::bad_value,
                  "'{}' is no IP address; host names are not taken because they can change, and an "
                  "export must not",
                  text);
  const std::uint32_t value = ntohl(address.s_addr);
  if (IN_MULTICAST(value) || value == INADDR_BROADCAST)
    return refuse(EINVAL, Reason::bad_value, "{} is a multicast or broadcast address", text);
  return Host{Adrfam::ipv4, canonical(AF_INET, address)};
}

Result<Host> parse_ipv6(std::string_view text) {
  const auto percent = text.find('%');
  const std::string bare(text.substr(0, percent));
  std::string zone(percent == std::string_view::npos ? "" : text.substr(percent + 1));

  in6_addr address{};
  if (inet_pton(AF_INET6, bare.c_str(), &address) != 1)
    return refuse(EINVAL, Reason::bad_value, "'{}' is no IPv6 address", bare);
  if (IN6_IS_ADDR_MULTICAST(&address))
    return refuse(EINVAL, Reason::bad_value, "{} is a multicast address", bare);
  if (IN6_IS_ADDR_V4MAPPED(&address))
    return refuse(EINVAL, Reason::bad_value, "{} is an IPv4 address; write it as one", bare);

  const bool link_local = IN6_IS_ADDR_LINKLOCAL(&address);
  if (link_local && zone.empty())
    return refuse(EINVAL, Reason::bad_value,
                  "{} is a link-local address and needs its interface: [{}%eth0]", bare, bare);
  if (percent != std::string_view::npos &&
      (!link_local || zone.empty() || zone.size() >= IF_NAMESIZE ||
       !std::all_of(zone.begin(), zone.end(), may_stand_in_a_zone)))
    return refuse(EINVAL, Reason::bad_value,
                  "a zone is the name of an interface behind a link-local address, as in "
                  "[fe80::1%eth0]");
  std::string traddr = canonical(AF_INET6, address);
  if (!zone.empty()) traddr += "%" + zone;
  return Host{Adrfam::ipv6, std::move(traddr)};
}

Result<std::uint16_t> parse_trsvcid(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > 65535)
    return refuse(EINVAL, Reason::bad_value, "'{}' is no service; it is a number from 1 to 65535",
                  text);
  return static_cast<std::uint16_t>(value);
}

// kstrtou16 with base 0, as nvmet reads a port's addr_trsvcid when it begins to listen.
std::optional<std::uint16_t> kernel_trsvcid(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "nn-0x20000090fa942779" off the front of a text, in lower case. nvmet-fc takes both names without
// 0x too (nvme_fc_parse_traddr).
std::optional<std::string> take_name(std::string_view& text, std::string_view kind) {
  constexpr std::size_t digits = 16;
  if (!text.starts_with(kind)) return std::nullopt;
  text.remove_prefix(kind.size());
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::string name(text.substr(0, digits));
  for (char& c : name)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  if (name.size() != digits || name.find_first_not_of("0123456789abcdef") != std::string::npos)
    return std::nullopt;
  text.remove_prefix(digits);
  return fmt::format("{}0x{}", kind, name);
}

Result<TransportAddress> parse_fc(std::string_view text) {
  std::string_view rest = text;
  const auto node = take_name(rest, "nn-");
  const bool both = node && rest.starts_with(':');
  if (both) rest.remove_prefix(1);
  const auto port = both ? take_name(rest, "pn-") : std::nullopt;
  if (!port)
    return refuse(EINVAL, Reason::bad_value,
                  "'{}' is no FC port; it is the names of node and port, of 16 hexadecimal digits "
                  "each: fc://nn-0x20000090fa942779:pn-0x10000090fa942779",
                  text);
  if (!rest.empty())
    return refuse(EINVAL, Reason::bad_value,
                  "FC has no service; '{}' behind the port's name is none", rest);
  return TransportAddress{.trtype = Trtype::fc,
                          .adrfam = Adrfam::fc,
                          .traddr = fmt::format("{}:{}", *node, *port),
                          .trsvcid = 0};
}

}  // namespace

std::string_view to_string(Trtype trtype) {
  switch (trtype) {
    case Trtype::rdma:
      return "rdma";
    case Trtype::tcp:
      return "tcp";
    case Trtype::fc:
      return "fc";
    case Trtype::loop:
      break;
  }
  return "loop";
}

std::string_view to_string(Adrfam adrfam) {
  switch (adrfam) {
    case Adrfam::ipv4:
      return "ipv4";
    case Adrfam::ipv6:
      return "ipv6";
    case Adrfam::fc:
      return "fc";
    case Adrfam::loop:
      break;
  }
  return "loop";
}

Result<Trtype> parse_trtype(std::string_view text) {
  if (text == "rdma") return Trtype::rdma;
  if (text == "tcp") return Trtype::tcp;
  return refuse(
      EPROTONOSUPPORT, Reason::unknown_transport,
      "'{}' is no transport that is offered here; rdma and tcp are, and for an export fc and loop",
      text);
}

Result<TransportAddress> TransportAddress::parse(std::string_view text, Trtype default_transport) {
  if (text == "loop" || text == "loop://" || text == "nvme+loop://") return loop();
  TransportAddress result;
  result.trtype = default_transport;

  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    std::string_view name = text.substr(0, scheme);
    if (name.starts_with("nvme+")) name.remove_prefix(5);
    if (name == "loop")
      return refuse(EINVAL, Reason::bad_value,
                    "loop is this machine alone and has no address; write loop://");
    if (name == "fc") return parse_fc(text.substr(scheme + 3));
    const auto trtype = parse_trtype(name);
    if (!trtype) return tl::unexpected(trtype.error());
    result.trtype = *trtype;
    text.remove_prefix(scheme + 3);
  } else if (text.starts_with("nn-")) {
    return refuse(EINVAL, Reason::bad_value, "an FC port is written with its transport: fc://{}",
                  text);
  }
  if (text.empty())
    return refuse(EINVAL, Reason::bad_value, "an address is [transport://]host[:service]");
  if (text.find('/') != std::string_view::npos)
    return refuse(EINVAL, Reason::bad_value,
                  "an address is [transport://]host[:service], without a slash or a prefix length");

  Result<Host> host;
  std::optional<std::string_view> service;
  if (text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos)
      return refuse(EINVAL, Reason::bad_value, "the bracket of the IPv6 address is not closed");
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':')
      return refuse(EINVAL, Reason::bad_value, "'{}' behind the bracket is no service", rest);
    if (!rest.empty()) service = rest.substr(1);
    host = parse_ipv6(text.substr(1, close - 1));
  } else if (std::count(text.begin(), text.end(), ':') > 1) {
    // Without brackets nobody can tell 2001:db8::4420 from 2001:db8:: and a service.
    in6_addr address{};
    const std::string bare(text.substr(0, text.find('%')));
    if (inet_pton(AF_INET6, bare.c_str(), &address) == 1)
      return refuse(EINVAL, Reason::bad_value, "an IPv6 address stands in brackets: [{}]", text);
    return refuse(EINVAL, Reason::bad_value, "'{}' is no IP address", text);
  } else {
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) service = text.substr(colon + 1);
    host = parse_ipv4(std::string(text.substr(0, colon)));
  }
  if (!host) return tl::unexpected(host.error());
  result.adrfam = host->adrfam;
  result.traddr = std::move(host->traddr);
  if (service) {
    const auto trsvcid = parse_trsvcid(*service);
    if (!trsvcid) return tl::unexpected(trsvcid.error());
    result.trsvcid = *trsvcid;
  }
  return result;
}

Result<TransportAddress> TransportAddress::from_port(std::string_view trtype,
                                                     std::string_view adrfam,
                                                     std::string_view traddr,
                                                     std::string_view trsvcid) {
  if (trtype == "loop") {
    if (adrfam == "loop" && traddr.empty() && trsvcid.empty()) return loop();
    return refuse(EINVAL, Reason::bad_value, "a loop port with an address");
  }
  if (trtype == "fc") {
    if (adrfam == "fc") return parse_fc(traddr);
    return refuse(EAFNOSUPPORT, Reason::unknown_family, "an FC port of the family '{}'", adrfam);
  }
  TransportAddress result;
  const auto transport = parse_trtype(trtype);
  if (!transport) return tl::unexpected(transport.error());
  result.trtype = *transport;
  const auto host = adrfam == "ipv4"   ? parse_ipv4(std::string(traddr))
                    : adrfam == "ipv6" ? parse_ipv6(traddr)
                                       : Result<Host>(refuse(EAFNOSUPPORT, Reason::unknown_family,
                                                             "'{}' is no address family that is "
                                                             "offered here; ipv4 and ipv6 are",
                                                             adrfam));
  if (!host) return tl::unexpected(host.error());
  result.adrfam = host->adrfam;
  result.traddr = host->traddr;
  const auto service = kernel_trsvcid(trsvcid);
  if (!service || *service == 0)
    return refuse(EINVAL, Reason::bad_value, "'{}' is no service", trsvcid);
  result.trsvcid = *service;
  return result;
}

std::string TransportAddress::name() const {
  if (trtype == Trtype::loop) return "loop";
  if (trtype == Trtype::fc) return "fc:" + traddr;
  return adrfam == Adrfam::ipv4 ? fmt::format("{}:{}:{}", to_string(trtype), traddr, trsvcid)
                                : fmt::format("{}:[{}]:{}", to_string(trtype), traddr, trsvcid);
}

std::string TransportAddress::uri() const {
  if (trtype == Trtype::loop) return "loop://";
  const std::string_view transport = to_string(trtype);
  return fmt::format("{}://{}", transport, name().substr(transport.size() + 1));
}

bool TransportAddress::is_wildcard() const {
  return traddr == "0.0.0.0" || traddr == "::";
}

bool TransportAddress::is_loopback() const {
  return adrfam == Adrfam::ipv4 ? traddr.starts_with("127.") : traddr == "::1";
}

bool contains(const std::vector<TransportAddress>& addresses, const TransportAddress& address) {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

void add_distinct(std::vector<TransportAddress>& addresses, const TransportAddress& address) {
  if (!contains(addresses, address)) addresses.push_back(address);
}

}  // namespace nvmeofs
