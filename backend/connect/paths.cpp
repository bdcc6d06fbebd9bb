#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>

#include "connect/backoff.h"
#include "connect/connector.h"
#include "connect/reconcile.h"
#include "nvmeofs/connection_option.h"
#include "nvmeofs/text.h"

namespace nvmeofs::connector {
namespace {

bool is_wanted(const Connection& connection, const TransportAddress& address) {
  return connection.connected && contains(connection.addresses, address);
}

}  // namespace

// Each path by itself. What the kernel holds, in whatever state, is the kernel's to bring back: it
// tries for ctrl_loss_tmo; after that the controller is gone, and it is tried from here.
void Connector::tend(LiveConnection& entry) {
  if (entry.view.foreign) return;
  const Connection& wanted = entry.view.wanted;
  std::erase_if(entry.paths, [&](const auto& path) {
    return !path.second.trying && !is_wanted(wanted, path.first);
  });
  if (!wanted.connected) return;
  const Reconciled paths = reconcile(wanted, observed_);
  for (const auto& [address, controller] : paths.there) {
    Path& path = entry.paths[address];
    if (!path.was_there && path.failures > 0)
      spdlog::info("{}: {} is there again", printable(wanted.name.str()), address.uri());
    path = {.trying = path.trying, .was_there = true};
  }
  for (const auto& address : paths.missing) {
    Path& path = entry.paths[address];
    if (path.trying) continue;
    if (std::exchange(path.was_there, false)) {
      set_back(path, "its controller is gone");
      spdlog::warn("{}: {}: {}", printable(wanted.name.str()), address.uri(), path.trouble);
    } else if (path.due <= Clock::now()) {
      attempt(entry, address);
    }
  }
}

void Connector::attempt(LiveConnection& entry, const TransportAddress& address) {
  Path& path = entry.paths[address];
  if (path.trying) return;
  path.trying = true;
  unpublished_ = true;
  const auto came_back = [serial = entry.view.serial, address](Result<std::string> controller) {
    return Tried{serial, address, std::move(controller)};
  };
  calls_.run(
      [came_back, address, tokens = tokens_, patience = options_.patience,
       connection = entry.change ? entry.change->next : entry.view.wanted,
       &initiator = environment_.initiator]() -> Event {
        const auto host = initiator.host_identity();
        if (!host) return came_back(tl::unexpected(host.error()));
        const auto request = path_request(connection, address, *host, tokens);
        if (!request) return came_back(tl::unexpected(request.error()));
        auto controller = initiator.connect(*request, patience);
        if (controller) initiator.mark(*controller);
        return came_back(std::move(controller));
      },
      came_back(refuse(EAGAIN, Reason::internal, "this machine has no thread left")));
}

void Connector::tried(Tried& event) {
  LiveConnection* const entry = entries_.with(event.serial);
  if (entry == nullptr) return;
  Path& path = entry->paths[event.address];
  path.trying = false;
  unpublished_ = true;
  Change* const change = entry->change.get();
  const bool asked = change != nullptr && change->phase != Change::Phase::undoing &&
                     contains(change->asked, event.address);
  const bool wanted = is_wanted(
      change != nullptr && !change->cause ? change->next : entry->view.wanted, event.address);
  if (event.controller) {
    path.trouble.clear();
    path.failures = 0;
    if (asked) {
      change->made.insert(*event.controller);
    } else if (!wanted) {
      if (change != nullptr && change->phase == Change::Phase::leaving)
        change->victims.insert(*event.controller);
      if (observed_.controllers.contains(*event.controller)) send_away(*entry, *event.controller);
    }
    return;
  }
  // Somebody else was faster: it is there.
  const Connection& connection = change != nullptr ? change->next : entry->view.wanted;
  if (event.controller.error().errnum == EALREADY) {
    const Reconciled paths = reconcile(connection, observed_);
    if (const auto there = paths.there.find(event.address); there != paths.there.end()) {
      if (wanted) mark({there->second->name});
      return;
    }
  }
  if (asked) change->failed.insert_or_assign(event.address, event.controller.error());
  if (path.trouble != event.controller.error().message && wanted)
    spdlog::warn("{}: {}: {}", printable(entry->view.wanted.name.str()), event.address.uri(),
                 printable(event.controller.error().message, 1024));
  set_back(path, event.controller.error().message);
}

void Connector::set_back(Path& path, std::string trouble) {
  path.trouble = std::move(trouble);
  const double chance = std::uniform_real_distribution<>(0, 1)(random_);
  const auto pause =
      pause_after(++path.failures, options_.first_pause, options_.longest_pause, chance);
  path.due = Clock::now() + pause;
  path.due_at = std::chrono::system_clock::now() + pause;
  unpublished_ = true;
}

void Connector::send_away(LiveConnection& entry, const std::string& controller) {
  if (const auto already = entry.leaving.find(controller);
      already != entry.leaving.end() && !already->second)
    return;
  entry.leaving.insert_or_assign(controller, std::nullopt);
  const auto came_back = [serial = entry.view.serial, controller](Result<void> result) {
    return Left{serial, controller, std::move(result)};
  };
  calls_.run(
      [came_back, controller, &initiator = environment_.initiator]() -> Event {
        return came_back(initiator.disconnect(controller));
      },
      came_back(refuse(EAGAIN, Reason::internal, "this machine has no thread left")));
}

void Connector::left(Left& event) {
  LiveConnection* const entry = entries_.with(event.serial);
  if (entry == nullptr) return;
  // Gone is gone, by whomever.
  if (event.result || !observed_.controllers.contains(event.controller)) {
    entry->leaving.erase(event.controller);
    if (entry->change) {
      entry->change->victims.erase(event.controller);
      entry->change->made.erase(event.controller);
    }
    return;
  }
  Error error = event.result.error();
  error.message = fmt::format("{} stays: {}", event.controller, error.message);
  if (entry->change) {
    entry->leaving.insert_or_assign(event.controller, std::move(error));
    return;
  }
  spdlog::error("{}: {}", printable(entry->view.wanted.name.str()), printable(error.message, 1024));
  entry->leaving.erase(event.controller);
}

void Connector::mark(const std::set<std::string>& controllers) {
  if (controllers.empty()) return;
  calls_.run([controllers, &initiator = environment_.initiator] {
    for (const auto& controller : controllers) initiator.mark(controller);
  });
}

}  // namespace nvmeofs::connector
