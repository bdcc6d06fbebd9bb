#include "discovery_events.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "attribute.h"

namespace nvmeofs {
namespace {

// The value of a key; empty: it is not there.
std::string_view value_of(std::string_view event, std::string_view key) {
  while (!event.empty()) {
    const auto end = std::min(event.find('\0'), event.size());
    const auto part = event.substr(0, end);
    if (part.size() > key.size() && part.starts_with(key) && part[key.size()] == '=') {
      return part.substr(key.size() + 1);
    }
    event.remove_prefix(std::min(end + 1, event.size()));
  }
  return {};
}

}  // namespace

std::optional<std::string> controller_with_news(std::string_view event) {
  if (value_of(event, "SUBSYSTEM") != "nvme" || value_of(event, "ACTION") != "change") {
    return std::nullopt;
  }
  // core.c, nvme_aen_uevent: type notice, 0xf0 for discovery, log page 0x70.
  const bool changed = value_of(event, "NVME_AEN") == "0x70f002";
  const auto what = value_of(event, "NVME_EVENT");
  if (!changed && what != "connected" && what != "rediscover") return std::nullopt;
  const auto path = value_of(event, "DEVPATH");
  std::string controller(path.substr(path.rfind('/') + 1));
  return is_controller_name(controller) ? std::optional(std::move(controller)) : std::nullopt;
}

DiscoveryEvents::DiscoveryEvents() {
  if (auto events = UdevEvents::open({"nvme"})) {
    events_ = std::move(*events);
  } else {
    spdlog::warn("changes of discovery logs are not noticed: {}", events.error().message);
  }
}

std::set<std::string> DiscoveryEvents::take() {
  std::set<std::string> controllers;
  if (!events_) return controllers;
  const auto taken = events_->take([&](std::string_view event) {
    if (auto controller = controller_with_news(event)) controllers.insert(*std::move(controller));
  });
  if (!taken) {
    spdlog::warn("an event of a discovery controller is lost: {}", taken.error().message);
  }
  return controllers;
}

}  // namespace nvmeofs
