#include <algorithm>
#include <cerrno>
#include <vector>

#include "connect/connector.h"
#include "connect/reconcile.h"
#include "nvmeofs/connection_option.h"
#include "nvmeofs/text.h"

namespace nvmeofs::connector {
namespace {

// What an attempt that keeps to its time may need beyond it, to come back.
constexpr std::chrono::seconds grace{1};

std::string in_seconds(std::chrono::milliseconds time) {
  return fmt::format("{:g} s", std::chrono::duration<double>(time).count());
}

// nvmet hangs up on a host whose answer to its challenge is wrong. Over TCP the connection is
// broken for the host too; over RDMA the host of 6.12 goes on waiting, for six minutes.
Error no_answer(const Connection& wanted, const TransportAddress& address,
                const std::string& time) {
  const bool may_be_the_secret =
      address.trtype == Trtype::rdma && wanted.options.contains("dhchap_secret");
  return {
      ETIMEDOUT, Reason::kernel_waits,
      fmt::format("no answer after {}{}", time,
                  may_be_the_secret ? "; a wrong dhchap_secret can look like that over RDMA" : "")};
}

// Why a path that was asked for is not live.
Error why_not_live(const Change& change, const Reconciled& paths, const TransportAddress& address) {
  if (const auto failed = change.failed.find(address); failed != change.failed.end())
    return failed->second;
  if (const auto there = paths.there.find(address); there != paths.there.end())
    return {ETIMEDOUT, Reason::kernel_refused,
            fmt::format("its controller {} is {}, and not live", there->second->name,
                        printable(there->second->state_text))};
  return {EIO, Reason::kernel_refused, "it was connected, and lost at once"};
}

// The first path's error, with what all of them say.
Error why_none_is_live(const Change& change, const Reconciled& paths) {
  Error error = why_not_live(change, paths, change.asked.front());
  std::string all;
  for (const auto& address : change.asked)
    all += fmt::format("{}{}: {}", all.empty() ? "" : "; ", address.uri(),
                       why_not_live(change, paths, address).message);
  error.message = std::move(all);
  return error;
}

}  // namespace

void Connector::begin_change(LiveConnection& entry, Submitted submitted, Connection next) {
  const Connection& now = entry.view.wanted;
  entry.change = std::make_unique<Change>(++last_change_, std::move(submitted), std::move(next));
  Change& change = *entry.change;
  const ConnectionIntent& intent = *change.submitted.request.intent;
  if (const auto* option = std::get_if<SetOption>(&intent)) return begin_setting(entry, *option);

  const auto* const switching = std::get_if<SetConnected>(&intent);
  change.force = switching != nullptr && switching->force;
  const Reconciled paths = reconcile(now, observed_);
  if (entry.view.foreign && !change.next.connected) {
    for (const auto* controller : controllers_of(observed_, now.subsystem().str()))
      change.victims.insert(controller->name);
  } else {
    for (const auto& [address, controller] : paths.there)
      if (!change.next.connected || !contains(change.next.addresses, address))
        change.victims.insert(controller->name);
  }
  if (!change.next.connected) {
    for (const auto& [controller, said] : entry.leaving)
      if (observed_.controllers.contains(controller)) change.victims.insert(controller);
    ask_for_disks(entry);
    return advance(entry);
  }

  for (const auto& address : change.next.addresses)
    if (switching != nullptr || !contains(now.addresses, address)) change.asked.push_back(address);
  if (change.asked.empty()) {
    ask_for_disks(entry);
    return advance(entry);
  }
  // On the disk first. What is lost between here and the kernel is connected at the next start.
  if (auto saved = save(now.name.str(), {change.next, entry.view.made}); !saved) {
    const auto refused = std::move(entry.change);
    return refuse_request(&entry, refused->submitted, saved.error());
  }
  change.saved = true;
  change.until = Clock::now() + options_.patience + grace;
  for (const auto& address : reconcile(change.next, observed_).missing)
    if (contains(change.asked, address)) attempt(entry, address);
  unpublished_ = true;
  advance(entry);
}

void Connector::begin_setting(LiveConnection& entry, const SetOption& intent) {
  Change& change = *entry.change;
  change.phase = Change::Phase::setting;
  change.until = Clock::now() + options_.patience;
  if (auto saved = save(entry.view.wanted.name.str(), {change.next, entry.view.made}); !saved) {
    const auto refused = std::move(entry.change);
    return refuse_request(&entry, refused->submitted, saved.error());
  }
  change.saved = true;
  // Controllers with the value that each has now, for the way back.
  std::map<std::string, std::optional<std::string>> controllers;
  const std::string setting(find_connection_option(intent.option)->token);
  for (const auto& [address, controller] : reconcile(change.next, observed_).there) {
    const auto before = controller->settings.find(setting);
    controllers.emplace(controller->name, before != controller->settings.end()
                                              ? std::optional(before->second)
                                              : std::nullopt);
  }
  const auto said = [serial = entry.view.serial, id = change.id](Result<void> result) {
    return Answered{serial, id, std::move(result)};
  };
  calls_.run(
      [said, controllers = std::move(controllers), setting,
       value = change.next.options.at(intent.option),
       &initiator = environment_.initiator]() -> Event {
        for (auto at = controllers.begin(); at != controllers.end(); ++at) {
          auto taken = initiator.set(at->first, setting, value);
          if (taken) continue;
          for (auto back = controllers.begin(); back != at; ++back)
            if (back->second) static_cast<void>(initiator.set(back->first, setting, *back->second));
          return said(std::move(taken));
        }
        return said({});
      },
      said(refuse(EAGAIN, Reason::internal, "this machine has no thread left")));
}

void Connector::advance(LiveConnection& entry) {
  using Phase = Change::Phase;
  for (bool further = true; further && entry.change;) {
    const bool late = Clock::now() >= entry.change->until;
    switch (entry.change->phase) {
      case Phase::adding:
        further = advance_adding(entry);
        break;
      case Phase::settling:
        further = advance_settling(entry);
        break;
      case Phase::asking:
      case Phase::setting:
        further = late;
        if (late)
          undo(entry, {ETIMEDOUT, Reason::kernel_waits,
                       fmt::format("no answer after {}", in_seconds(options_.patience))});
        break;
      case Phase::leaving:
        further = advance_leaving(entry);
        break;
      case Phase::undoing:
        further = advance_undoing(entry);
        break;
    }
  }
}

bool Connector::advance_adding(LiveConnection& entry) {
  Change& change = *entry.change;
  const bool late = Clock::now() >= change.until;
  for (const auto& address : change.asked) {
    if (!entry.paths[address].trying) continue;
    if (!late) return false;
    // It may still come up: tried() takes it away then, unless it is wanted.
    change.failed.insert_or_assign(address,
                                   no_answer(change.next, address, in_seconds(options_.patience)));
  }
  const Reconciled paths = reconcile(change.next, observed_);
  bool live = false;
  bool coming = false;
  for (const auto& address : change.asked)
    if (const auto there = paths.there.find(address); there != paths.there.end())
      (there->second->state == ControllerState::live ? live : coming) = true;
  if (!live && coming && !late) return false;
  if (!live) {
    undo(entry, why_none_is_live(change, paths));
    return true;
  }
  change.phase = Change::Phase::settling;
  change.until = Clock::now() + options_.disk_patience;
  return true;
}

// Disks appear shortly after the controller. A subsystem may have none, which nothing tells apart
// from disks that are late; and what is to go waits for its disks to have another path.
bool Connector::advance_settling(LiveConnection& entry) {
  Change& change = *entry.change;
  const Reconciled paths = reconcile(change.next, observed_);
  const bool disk = std::any_of(paths.there.begin(), paths.there.end(), [&](const auto& path) {
    return path.second->state == ControllerState::live && !path.second->namespaces.empty() &&
           contains(change.asked, path.first);
  });
  const bool settled = disk && disks_lost(observed_, change.victims).empty();
  if (!settled && Clock::now() < change.until) return false;
  ask_for_disks(entry);
  return true;
}

void Connector::ask_for_disks(LiveConnection& entry) {
  Change& change = *entry.change;
  const auto disks = disks_lost(observed_, change.victims);
  if (change.force || disks.empty()) {
    change.phase = Change::Phase::leaving;
    return;
  }
  change.phase = Change::Phase::asking;
  change.until = Clock::now() + options_.patience;
  const auto said = [serial = entry.view.serial, id = change.id](Result<void> result) {
    return Answered{serial, id, std::move(result)};
  };
  const bool whole = !change.next.connected;
  calls_.run(
      [said, disks, whole, &initiator = environment_.initiator]() -> Event {
        std::string users;
        for (const auto& disk : disks) {
          const auto user = initiator.user_of(disk);
          if (!user) return said(tl::unexpected(user.error()));
          if (!user->empty())
            users +=
                fmt::format("{}/dev/{} is {}", users.empty() ? "" : ", ", disk, printable(*user));
        }
        if (users.empty()) return said({});
        if (whole)
          return said(refuse(EBUSY, Reason::disk_in_use,
                             "{}; end that first, or write '0 force', which takes it away "
                             "all the same",
                             users));
        return said(refuse(EBUSY, Reason::disk_in_use,
                           "{}, and this would take its last path away; end that first", users));
      },
      said(refuse(EAGAIN, Reason::internal, "this machine has no thread left")));
}

void Connector::answered(Answered& event) {
  LiveConnection* const entry = entries_.with(event.serial);
  if (entry == nullptr || !entry->change || entry->change->id != event.change) return;
  Change& change = *entry->change;
  if (change.phase != Change::Phase::asking && change.phase != Change::Phase::setting) return;
  if (!event.result) {
    undo(*entry, event.result.error());
  } else if (change.phase == Change::Phase::setting) {
    succeed(*entry);
  } else {
    change.phase = Change::Phase::leaving;
  }
}

bool Connector::advance_leaving(LiveConnection& entry) {
  Change& change = *entry.change;
  if (!change.sent_away) {
    if (!change.saved) {
      if (auto saved = save(entry.view.wanted.name.str(), {change.next, entry.view.made}); !saved) {
        undo(entry, saved.error());
        return true;
      }
      change.saved = true;
    }
    change.sent_away = true;
    change.until = Clock::now() + options_.leave_patience;
    for (const auto& controller : change.victims) send_away(entry, controller);
  }
  std::erase_if(change.victims, [&](const auto& controller) {
    return !observed_.controllers.contains(controller);
  });
  const bool late = Clock::now() >= change.until;
  for (const auto& controller : change.victims)
    if (const auto said = entry.leaving.find(controller);
        said != entry.leaving.end() && said->second) {
      undo(entry, *said->second);
      return true;
    }
  // An attempt cannot be called off; what it brings is sent away when it comes.
  const bool trying = std::any_of(entry.paths.begin(), entry.paths.end(), [&](const auto& path) {
    return path.second.trying &&
           (!change.next.connected || !contains(change.next.addresses, path.first));
  });
  if ((trying || !change.victims.empty()) && !late) return false;
  if (trying || !change.victims.empty()) {
    leave_to_kernel(entry);
  } else {
    succeed(entry);
  }
  return true;
}

}  // namespace nvmeofs::connector
