// A referral of a port: a discovery controller elsewhere, of which hosts are told that ask for the
// discovery log at this port.
//
// Source: drivers/nvme/target/configfs.c (nvmet_referral_*) and discovery.c. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "nvmeofs/address.h"
#include "nvmeofs/error.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

// As the user wants it. The kernel has it while it is enabled and its port is up.
struct Referral {
  std::optional<TransportAddress> address{};
  bool enabled = false;
  bool operator==(const Referral&) const = default;
};

using Referrals = std::map<std::string, Referral>;  // by name

// 1 to 255 printable characters without blank and slash, and no dot at first.
Result<std::string> parse_referral_name(std::string_view text);

// One address, of any machine. EINVAL for one that means nothing to a host elsewhere: a wildcard,
// or one that needs an interface of this machine.
Result<TransportAddress> parse_referral_address(std::string_view text, Trtype default_transport);

// As the kernel is to have it; nothing: not at all.
std::optional<PortReferral> in_kernel(const Referral& referral);

}  // namespace nvmeofs
