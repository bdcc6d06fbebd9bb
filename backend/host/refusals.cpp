#include "refusals.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

template <class... Args>
Error error(int errnum, Reason reason, fmt::format_string<Args...> text, Args&&... args) {
  return Error{errnum, reason, fmt::format(text, std::forward<Args>(args)...)};
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// nvmf_log_connect_error() in fabrics.c, the same on 6.1, 6.12 and 7.2:
//   nvme nvme0: Connect for subsystem toto is not allowed, hostnqn: nqn.x:h1
//   nvme nvme0: Connect Invalid Data Parameter, subsysnqn "toto"
//   nvme nvme0: Connect Invalid Data Parameter, hostnqn "nqn.x:h1"
//   nvme nvme0: Connect Invalid Data Parameter, cntlid: 65535
//   nvme nvme0: Connect command failed: controller is busy or not available
//   nvme nvme0: Connect command failed, error wo/DNR bit: 16770
std::string connect_line(const std::vector<std::string>& log) {
  const auto line = std::find_if(log.rbegin(), log.rend(), [](const auto& each) {
    return each.starts_with("nvme ") && has(each, ": Connect ");
  });
  return line == log.rend() ? "" : *line;
}

bool says(const std::vector<std::string>& log, std::string_view what, std::string_view name) {
  return std::any_of(log.begin(), log.end(), [&](const std::string& line) {
    return line.starts_with("nvme ") && has(line, what) && has(line, name);
  });
}

Error explain_target(const PathRequest& request, const RefusedAttempt& attempt) {
  const std::string where = request.address.uri();
  const std::string& nqn = request.subsystem.str();
  if (says(attempt.log, "is not allowed", nqn) ||
      says(attempt.log, "Invalid Data Parameter, hostnqn", request.host.nqn)) {
    return error(EIO, Reason::target_refused,
                 "the target at {} does not let this host have {}; let it allow the host {}", where,
                 nqn, request.host.nqn);
  }
  if (says(attempt.log, "Invalid Data Parameter, subsysnqn", nqn)) {
    return error(EIO, Reason::target_refused,
                 "the target at {} serves no subsystem {}; see its name there, and that it is "
                 "served at this address",
                 where, nqn);
  }
  const std::string line = connect_line(attempt.log);
  if (!line.empty()) {
    return error(EIO, Reason::target_refused, "the target at {} refused; the kernel says '{}'",
                 where, printable(line));
  }
  return error(EIO, Reason::target_refused,
               "the target at {} refused: it serves no subsystem {}, or not for the host {}, or "
               "has no room for one more; its own log, and the last lines of 'dmesg' here, may say "
               "which",
               where, nqn, request.host.nqn);
}

Error explain_present(const PathRequest& request, const HostTopology& topology) {
  for (const auto& [name, controller] : topology.controllers) {
    if (controller.subsystem == request.subsystem.str() && controller.address == request.address) {
      return error(EALREADY, Reason::already_connected,
                   "{} is connected at {} already, as {}, which is {}", request.subsystem.str(),
                   request.address.uri(), name, controller.state_text);
    }
  }
  return error(EALREADY, Reason::already_connected, "{} is connected at {} already",
               request.subsystem.str(), request.address.uri());
}

}  // namespace

std::optional<Error> conflict_of(const HostIdentity& host, const HostTopology& topology) {
  for (const auto& [name, controller] : topology.controllers) {
    if (controller.host_nqn.empty() || controller.host_id.empty()) continue;
    if ((controller.host_nqn == host.nqn) == (controller.host_id == host.id)) continue;
    return error(EINVAL, Reason::host_identity,
                 "the host NQN {} and the host id {} do not belong together: {} is connected as {} "
                 "with {}; use that pair, or disconnect it first",
                 host.nqn, host.id, name, controller.host_nqn, controller.host_id);
  }
  return std::nullopt;
}

Error explain_unreachable(const TransportAddress& address, int errnum) {
  const std::string where = address.uri();
  switch (errnum) {
    case ECONNREFUSED:
    case ECONNRESET:
      return error(errnum, Reason::unreachable,
                   "nobody listens at {}; see that the subsystem is served there, and the service "
                   "number",
                   where);
    case ETIMEDOUT:
      return error(errnum, Reason::unreachable,
                   "no answer from {} in time; see that the machine is up and that no firewall is "
                   "in between",
                   where);
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      return error(errnum, Reason::unreachable,
                   "{} cannot be reached from this machine ({}); 'ip route get {}' says which way "
                   "it would go",
                   where, std::strerror(errnum), address.traddr);
    default:
      return error(errnum, Reason::unreachable, "{} cannot be connected to: {}", where,
                   std::strerror(errnum));
  }
}

Error explain(const PathRequest& request, const RefusedAttempt& attempt) {
  const int errnum = attempt.errnum;
  switch (errnum) {
    case ECONNREFUSED:
    case ECONNRESET:
    case ETIMEDOUT:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      return explain_unreachable(request.address, errnum);
    case EALREADY:
      return explain_present(request, attempt.topology);
    case EIO:
      return explain_target(request, attempt);
    case ENOKEY:
      return error(errnum, Reason::not_authenticated,
                   "the target at {} asks this host to prove who it is, and there is no key for "
                   "that; give dhchap_secret, or for TLS the key that both ends share",
                   request.address.uri());
    case EKEYREJECTED:
      return error(errnum, Reason::not_authenticated,
                   "the authentication with the target at {} failed; see that dhchap_secret, and "
                   "dhchap_ctrl_secret if given, are those that the target has for the host {}",
                   request.address.uri(), request.host.nqn);
    case EADDRNOTAVAIL:
      return error(errnum, Reason::address_not_local,
                   "host_traddr is not an address of this machine; 'ip address' lists those");
    case ENODEV:
      if (request.address.trtype == Trtype::rdma) {
        return error(errnum, Reason::no_rdma_device,
                     "no RDMA device of this machine leads to {}; 'rdma link' lists those it has, "
                     "and tcp://… goes without one",
                     request.address.uri());
      }
      return error(errnum, Reason::address_not_local,
                   "host_iface is no interface of this machine; 'ip link' lists those");
    case EINVAL:
      if (auto conflict = conflict_of(request.host, attempt.topology)) return *conflict;
      return error(errnum, Reason::kernel_refused,
                   "the kernel does not take the options of this connection for {}; the last lines "
                   "of 'dmesg' say which",
                   request.address.uri());
    default:
      return error(errnum, Reason::kernel_refused, "the kernel could not connect to {}: {}",
                   request.address.uri(), std::strerror(errnum));
  }
}

}  // namespace nvmeofs
