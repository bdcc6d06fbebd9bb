#include "nvmeofs/referral.h"

#include <algorithm>
#include <cerrno>

namespace nvmeofs {

Result<std::string> parse_referral_name(std::string_view text) {
  constexpr std::size_t longest = 255;
  if (text.size() > longest)
    return refuse(ENAMETOOLONG, Reason::bad_name, "a name has {} characters at most", longest);
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
  if (text.empty() || text.front() == '.' || !plain)
    return refuse(EINVAL, Reason::bad_name,
                  "a name is of printable characters without blanks, and begins with no dot");
  return std::string(text);
}

Result<TransportAddress> parse_referral_address(std::string_view text, Trtype default_transport) {
  auto address = TransportAddress::parse(text, default_transport);
  if (!address) return address;
  if (address->trtype == Trtype::loop)
    return refuse(EINVAL, Reason::bad_value, "loop is this machine alone; write an address");
  if (address->is_wildcard())
    return refuse(EINVAL, Reason::bad_value, "write the one address that hosts are to ask");
  if (address->traddr.find('%') != std::string::npos)
    return refuse(EINVAL, Reason::bad_value,
                  "a link-local address means nothing to hosts elsewhere; write another");
  return address;
}

std::optional<PortReferral> in_kernel(const Referral& referral) {
  if (!referral.enabled || !referral.address) return std::nullopt;
  return PortReferral{attributes_of(*referral.address), true};
}

}  // namespace nvmeofs
