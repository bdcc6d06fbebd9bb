#include "kernel_initiator.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "controller.h"
#include "discovery_page.h"
#include "disk_user.h"
#include "host_identity.h"
#include "probe/kernel_modules.h"
#include "reachable.h"
#include "refusals.h"
#include "registry.h"
#include "sessions/kernel_log.h"
#include "sysfs_topology.h"

namespace nvmeofs {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* owner = "nvmeofs";

milliseconds left_until(Clock::time_point end) {
  return std::chrono::duration_cast<milliseconds>(end - Clock::now());
}

std::string option_of(const PathRequest& request, const char* name) {
  const auto found = request.options.find(name);
  return found == request.options.end() ? "" : found->second;
}

std::vector<std::string> lines_of(std::optional<KernelLog>& log) {
  std::vector<std::string> lines;
  if (log)
    log->read([&](const LogRecord& record) {
      lines.emplace_back(record.text.substr(0, record.text.find('\n')));
    });
  return lines;
}

}  // namespace

KernelInitiator::KernelInitiator(Places places)
    : places_(std::move(places)),
      device_(places_.connect_program),
      rdma_(places_.rdma_bind_program) {}

Result<HostTopology> KernelInitiator::observe() {
  return sysfs_topology(places_.sysfs);
}

Result<FabricsOptions> KernelInitiator::fabrics_options(milliseconds limit) {
  if (auto loaded = load_module("nvme_fabrics"); !loaded) {
    return tl::unexpected<Error>(loaded.error());
  }
  return device_.options(limit);
}

Result<std::set<std::string>> KernelInitiator::options() {
  const auto options = fabrics_options(std::chrono::seconds(10));
  if (!options) return tl::unexpected<Error>(options.error());
  std::set<std::string> names;
  for (const auto& [name, takes_value] : *options) names.insert(name);
  return names;
}

Result<HostIdentity> KernelInitiator::host_identity() {
  const auto identity = kept_host_identity(places_.identity, places_.sysfs);
  if (!identity) return identity;
  const auto topology = observe();
  if (!topology) return identity;
  if (auto conflict = conflict_of(*identity, *topology)) {
    return tl::unexpected<Error>(std::move(*conflict));
  }
  return identity;
}

// With RDMA an attempt is made by librdmacm, in a process of its own, as rdma_bind.h says. Where
// that cannot be had the kernel's own attempt says what there is to say.
Result<void> KernelInitiator::reach(const PathRequest& request, milliseconds limit) {
  int errnum = 0;
  if (request.address.trtype == Trtype::tcp) {
    errnum = try_tcp(
        {request.address, option_of(request, "host_traddr"), option_of(request, "host_iface")},
        limit);
  } else if (load_module("rdma_ucm")) {
    errnum = rdma_.try_connect(request.address.traddr, request.address.trsvcid,
                               option_of(request, "host_traddr"), limit);
  }
  if (errnum == 0) return {};
  return tl::unexpected<Error>(explain(request, {errnum, {}, {}}));
}

Result<std::string> KernelInitiator::connect(const PathRequest& request, milliseconds patience) {
  const auto end = Clock::now() + patience;
  const auto known = fabrics_options(patience);
  if (!known) return tl::unexpected<Error>(known.error());
  const auto line = fabrics_line(request, *known);
  if (!line) return line;
  const char* const module = request.address.trtype == Trtype::tcp ? "nvme_tcp" : "nvme_rdma";
  if (auto loaded = load_module(module); !loaded) return tl::unexpected<Error>(loaded.error());
  if (auto reached = reach(request, left_until(end)); !reached) {
    return tl::unexpected<Error>(reached.error());
  }
  auto log = KernelLog::open_at_end();
  auto controller = device_.connect(*line, left_until(end));
  if (controller) return authenticated(request, *controller);
  // What has a reason already is not the kernel's.
  if (controller.error().reason != Reason::kernel_refused) return controller;
  return tl::unexpected<Error>(explain(
      request, {controller.error().errnum, lines_of(log), observe().value_or(HostTopology())}));
}

// A kernel without NVMe authentication takes a secret, connects without it and says nothing.
Result<std::string> KernelInitiator::authenticated(const PathRequest& request,
                                                   const std::string& controller) {
  const bool wanted = std::any_of(request.options.begin(), request.options.end(),
                                  [](const auto& each) { return is_secret(each.first); });
  if (!wanted || uses_secret(places_.sysfs, controller)) return controller;
  if (auto ended = disconnect(controller); !ended) {
    spdlog::error(
        "{} is connected without the authentication that was asked for, and cannot be "
        "ended: {}",
        controller, ended.error().message);
  }
  return refuse(EOPNOTSUPP, Reason::not_authenticated,
                "this kernel ignores dhchap_secret: the connection was made without authentication "
                "and has been ended; boot a kernel with CONFIG_NVME_HOST_AUTH, or take the secret "
                "away");
}

Result<void> KernelInitiator::disconnect(const std::string& controller) {
  auto gone = delete_controller(places_.sysfs, controller);
  if (gone) unregister_owner(places_.registry, controller, owner);
  return gone;
}

Result<void> KernelInitiator::set(const std::string& controller, const std::string& setting,
                                  const std::string& value) {
  return set_on_controller(places_.sysfs, controller, setting, value);
}

Result<std::string> KernelInitiator::user_of(const std::string& disk) {
  const auto topology = observe();
  const bool answers =
      topology &&
      std::any_of(
          topology->controllers.begin(), topology->controllers.end(), [&](const auto& each) {
            const HostController& controller = each.second;
            return controller.state == ControllerState::live &&
                   std::any_of(controller.namespaces.begin(), controller.namespaces.end(),
                               [&](const PathNamespace& path) { return path.disk == disk; });
          });
  return disk_user(disk, answers);
}

void KernelInitiator::mark(const std::string& controller) {
  const int errnum = register_owner(places_.registry, controller, owner, places_.sysfs);
  if (errnum == 0) return;
  spdlog::warn("{} is not marked as ours for other programs, in {}: {}", controller,
               places_.registry, std::strerror(errnum));
}

bool KernelInitiator::is_marked(const std::string& controller) {
  return has_owner(places_.registry, controller, owner);
}

Result<DiscoveryLog> KernelInitiator::discovery_log(const std::string& controller,
                                                    milliseconds patience) {
  if (auto known = check_controller(places_.sysfs, controller); !known) {
    return tl::unexpected<Error>(known.error());
  }
  return discovery_page("/dev/" + controller, patience);
}

}  // namespace nvmeofs
