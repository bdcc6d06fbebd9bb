#include "nvmeofs/discovery.h"

#include <algorithm>
#include <cerrno>

#include "model/fabrics_address.h"

namespace nvmeofs {
namespace {

// How long the transport in front is; 0: there is none. No address begins with letters alone and a
// colon, but an IPv6 one without brackets, which is none.
std::size_t transport_length(std::string_view name) {
  const auto letters = std::min(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), name.size());
  return letters < name.size() && name[letters] == ':' ? letters : 0;
}

bool has_service(std::string_view host) {
  return host.starts_with('[') ? !host.ends_with(']') : host.find(':') != std::string_view::npos;
}

}  // namespace

Result<TransportAddress> parse_discovery_name(std::string_view name, Trtype default_transport) {
  Trtype trtype = default_transport;
  if (const auto length = transport_length(name); length != 0) {
    const auto parsed = parse_trtype(name.substr(0, length));
    if (!parsed) return tl::unexpected(parsed.error());
    trtype = *parsed;
    name.remove_prefix(length + 1);
  }
  if (name.find('/') != std::string_view::npos || name.empty())
    return refuse(EINVAL, Reason::bad_name,
                  "the name of a discovery controller is [transport:]address[:service]");
  auto address = TransportAddress::parse(name, trtype);
  if (!address) return address;
  if (address->is_wildcard())
    return refuse(EINVAL, Reason::bad_value,
                  "{} means every address of the machine that serves; write one of them",
                  address->uri());
  if (!has_service(name)) address->trsvcid = default_discovery_trsvcid(trtype);
  return address;
}

}  // namespace nvmeofs
