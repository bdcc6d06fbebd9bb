#include "model/fabrics_address.h"

#include <cerrno>
#include <string>

namespace nvmeofs {

std::uint16_t default_discovery_trsvcid(Trtype trtype) {
  return trtype == Trtype::tcp ? 8009 : TransportAddress::default_trsvcid;
}

Result<TransportAddress> fabrics_address(std::string_view transport, std::string_view traddr,
                                         std::string_view trsvcid, bool discovery) {
  const auto trtype = parse_trtype(transport);
  if (!trtype) return tl::unexpected(trtype.error());
  const auto service =
      discovery ? default_discovery_trsvcid(*trtype) : TransportAddress::default_trsvcid;
  const bool ipv6 = traddr.find(':') != std::string_view::npos;
  auto address =
      TransportAddress::from_port(transport, ipv6 ? "ipv6" : "ipv4", traddr,
                                  trsvcid.empty() ? std::to_string(service) : std::string(trsvcid));
  if (address && address->is_wildcard())
    return refuse(EINVAL, Reason::bad_value,
                  "{} means every address of the machine that serves; write one of them",
                  address->uri());
  return address;
}

}  // namespace nvmeofs
