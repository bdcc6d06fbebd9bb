#include "discover/fetch.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <vector>

namespace nvmeofs::discoverer {
namespace {

// As nvme-cli keeps one: without a keep-alive the target would end it.
constexpr const char* keep_alive = "30";

// One without a keep-alive is somebody's who only looks: it is gone in a moment.
bool only_looks(const HostController& controller) {
  const auto kato = controller.settings.find("kato");
  return kato != controller.settings.end() && kato->second == "0";
}

// Of ours who only look, one that is there was left by a program that was killed.
std::vector<std::string> live_controllers(Initiator& initiator, const TransportAddress& address,
                                          bool keep) {
  std::vector<std::string> found;
  const auto topology = initiator.observe();
  if (!topology) return found;
  for (const auto& [name, controller] : topology->controllers) {
    const bool usable = !only_looks(controller) || (!keep && !initiator.is_marked(name));
    if (controller.discovery && controller.address == address &&
        controller.state == ControllerState::live && usable)
      found.push_back(name);
  }
  return found;
}

Result<std::string> connect(Initiator& initiator, const TransportAddress& address, bool keep,
                            std::chrono::milliseconds patience) {
  const auto host = initiator.host_identity();
  if (!host) return tl::unexpected(host.error());
  PathRequest request{
      .subsystem = Nqn::of_kernel(std::string(Nqn::discovery)), .address = address, .host = *host};
  if (keep) request.options.emplace("keep_alive_tmo", keep_alive);
  return initiator.connect(request, patience);
}

}  // namespace

Result<Fetched> fetch(Initiator& initiator, const TransportAddress& address, bool keep,
                      std::chrono::milliseconds patience) {
  for (const auto& there : live_controllers(initiator, address, keep))
    if (auto log = initiator.discovery_log(there, patience))
      return Fetched{*std::move(log), keep ? there : "", keep && initiator.is_marked(there)};

  const auto made = connect(initiator, address, keep, patience);
  if (!made) return tl::unexpected(made.error());
  // At once: whoever starts after this program was killed knows by it what to end.
  initiator.mark(*made);
  auto log = initiator.discovery_log(*made, patience);
  if (log && keep) return Fetched{*std::move(log), *made, true};
  if (const auto ended = initiator.disconnect(*made); !ended)
    spdlog::warn("the discovery controller {} stays: {}", *made, ended.error().message);
  if (!log) return tl::unexpected(log.error());
  return Fetched{*std::move(log), "", false};
}

}  // namespace nvmeofs::discoverer
