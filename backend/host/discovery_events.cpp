#include "discovery_events.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "attribute.h"
#include "nvmeofs/text.h"

namespace nvmeofs {

std::optional<std::string> controller_with_news(std::string_view event) {
  const auto said = [&](std::string_view key) { return value_of(event, '\0', key); };
  if (said("SUBSYSTEM") != "nvme" || said("ACTION") != "change") return std::nullopt;
  // core.c, nvme_aen_uevent: type notice, 0xf0 for discovery, log page 0x70.
  const bool changed = said("NVME_AEN") == "0x70f002";
  const auto what = said("NVME_EVENT");
  if (!changed && what != "connected" && what != "rediscover") return std::nullopt;
  const auto path = said("DEVPATH");
  std::string controller(path.substr(path.rfind('/') + 1));
  return is_controller_name(controller) ? std::optional(std::move(controller)) : std::nullopt;
}

DiscoveryEvents::DiscoveryEvents() {
  if (auto events = UdevEvents::open({"nvme"})) {
    events_ = std::move(*events);
    epoll_.add(events_->fd());
  } else {
    spdlog::warn("changes of discovery logs are not noticed: {}", events.error().message);
  }
}

// A source that cannot be read is given up, as it would be readable for ever.
std::set<std::string> DiscoveryEvents::take() {
  std::set<std::string> controllers;
  if (!events_) return controllers;
  const auto taken = events_->take([&](std::string_view event) {
    if (auto controller = controller_with_news(event)) controllers.insert(*std::move(controller));
  });
  if (!taken) {
    spdlog::warn("changes of discovery logs are noticed no more: {}", taken.error().message);
    events_.reset();
  }
  return controllers;
}

}  // namespace nvmeofs
