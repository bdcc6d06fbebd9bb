#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/applier.h"
#include "engine/changes.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

Request request_by_itself(const Export& wanted) {
  return {.caller = {::geteuid(), ::getpid(), "nvmeofs"},
          .name = wanted.name.str(),
          .serial = 0,
          .file = "enabled",
          .value = wanted.enabled ? "1" : "0",
          .intent = SetEnabled{.on = wanted.enabled, .force = false}};
}

// Between two tries of what the kernel refuses, each twice as long as the one before.
constexpr std::chrono::milliseconds first_pause{1'000};
constexpr std::chrono::milliseconds longest_pause{60'000};

bool is_missing(const Error& error) {
  return error.reason == Reason::device_missing;
}

}  // namespace

// Disks and addresses come and go by themselves. An export has in the kernel what is there of it:
// nothing before its disk and one of its addresses have come; without its namespace when the disk
// is gone; without an address whose RDMA device is gone, as the kernel listens there no more.
void Applier::look_after_all() {
  to_look_after_.clear();
  for (auto& [name, entry] : entries_)
    if (!entry.view.foreign && (entry.view.wanted.enabled || !entry.looked_after))
      to_look_after_.push_back(entry.view.serial);
}

void Applier::look_after_postponed() {
  const auto now = std::chrono::steady_clock::now();
  while (!postponed_.empty() && postponed_.begin()->first <= now) {
    to_look_after_.push_back(postponed_.begin()->second);
    postponed_.erase(postponed_.begin());
  }
}

void Applier::leave_alone(LiveExport& entry) {
  entry.pause = std::clamp(entry.pause * 2, first_pause, longest_pause);
  entry.left_alone_until = std::chrono::steady_clock::now() + entry.pause;
}

void Applier::look_after(LiveExport& entry) {
  if (entry.view.foreign || entry.transaction) return;
  if (std::chrono::steady_clock::now() < entry.left_alone_until) {
    if (!std::exchange(entry.postponed, true))
      postponed_.emplace(entry.left_alone_until, entry.view.serial);
    return;
  }
  entry.postponed = false;
  if (is_taken_back(entry.view.wanted.name.str())) return take_back(entry);
  if (!options_.look_after) return;
  const Export& wanted = entry.view.wanted;
  auto transaction = std::make_unique<Transaction>(request_by_itself(wanted), nullptr, wanted);
  transaction->by_itself = true;
  ExportView& view = entry.view;
  const ExportView before = view;

  // What the kernel has stays as it is.
  const auto cannot = [&](std::string why) {
    view.failed = std::move(why);
    view.waiting.clear();
    entry.looked_after = true;
    if (view.failed == before.failed) return;
    spdlog::error("{}: {}", printable(wanted.name.str()), printable(view.failed, 1024));
    unpublished_ = true;
  };

  if (wanted.enabled) {
    if (auto protects = check_hosts(entry, wanted); !protects)
      return cannot(protects.error().message);
    if (auto protects = check_tls_of_ports(entry, wanted); !protects)
      return cannot(protects.error().message);
    if (auto found = find_all(entry, *transaction); !found) return cannot(found.error().message);
  }
  Plan plan = plan_to(observed_, wanted, removable(), transaction->absent);
  if (!plan.empty() && may_be_put_right(entry, *transaction, plan)) {
    entry.looked_after = true;
    if (auto saved = save_export(wanted.name.str(), stored_after(entry, *transaction), plan);
        !saved) {
      view.failed = saved.error().message;
      unpublished_ = true;
      return;
    }
    return begin_transaction(entry, std::move(transaction), std::move(plan));
  }
  for (auto& [nsid, claim] : transaction->claims) {
    LiveSpace& space = entry.spaces[nsid];
    space.claim = std::move(claim);
    // An earlier program's word on what hosts were told, while the disk may have grown.
    if (!space.opened) space.opened = opened_by(*space.claim);
  }
  if (transaction->controller) entry.controller = std::move(transaction->controller);
  view.note.clear();
  for (auto& [nsid, space] : entry.spaces) {
    look_at_size(entry, nsid, space);
    if (!space.note.empty()) view.note += (view.note.empty() ? "" : "; ") + space.note;
  }
  entry.looked_after = true;
  view.absent = transaction->absent;
  view.waiting = transaction->waiting;
  if (!entry.half_done) view.failed = transaction->gone;
  if (view.absent != before.absent || view.waiting != before.waiting ||
      view.failed != before.failed || view.note != before.note)
    unpublished_ = true;
  if (view.waiting != before.waiting && !view.waiting.empty())
    spdlog::warn("{} waits: {}", printable(wanted.name.str()), printable(view.waiting, 1024));
}

// What of an enabled export is there, and what it waits for. All of it is looked at, and the first
// error is told.
Result<void> Applier::find_all(LiveExport& entry, Transaction& transaction) {
  const Export& wanted = entry.view.wanted;
  Result<void> all;
  const auto add = [&](const DevicePath& device, Result<void> found) {
    if (found || !all) return;
    found.error().message = fmt::format("{}: {}", printable(device.path()), found.error().message);
    all = std::move(found);
  };
  // Whoever uses it now, or whatever disk it is.
  for (const auto& [nsid, space] : wanted.spaces)
    if (space.serves()) add(*space.device, find_device(entry, transaction, nsid));
  if (wanted.controller.enabled)
    add(*wanted.controller.device, find_controller(entry, transaction));
  find_addresses(entry, transaction);
  return all;
}

// An error: the device is there, and cannot be served.
Result<void> Applier::find_device(LiveExport& entry, Transaction& transaction, Nsid nsid) {
  const std::string path = entry.view.wanted.spaces.at(nsid).device->path();
  const Claim* const held = entry.claim(nsid);
  if (held != nullptr && held->present()) return {};
  const bool served = observed_.subsystems.contains(entry.view.wanted.name.str());
  // Pulled out, and perhaps plugged in again as another device already: first the kernel lets go of
  // the old one, whose name the disk cannot have again before (sd keeps it while it is open).
  const bool pulled = held != nullptr && served;
  auto claim = claim_known(entry, transaction, nsid);
  if (claim && !pulled && kernel_holds_another(entry, nsid, **claim)) {
    transaction.absent.devices.insert(nsid);
    transaction.gone =
        fmt::format("{} was plugged in anew; it is served again in a moment", printable(path));
    return {};
  }
  if (claim && !pulled) {
    transaction.claims.insert_or_assign(nsid, std::move(*claim));
    return {};
  }
  if (!pulled && !is_missing(claim.error())) return tl::unexpected(claim.error());
  transaction.absent.devices.insert(nsid);
  if (served) {
    transaction.gone =
        fmt::format("{} is gone; it is served again when it comes back", printable(path));
  } else {
    transaction.waiting = fmt::format("{} {}", printable(path), claim.error().message);
  }
  return {};
}

// The same for a controller. One that was pulled out and plugged in again has another name, as long
// as the kernel's target holds the old one.
Result<void> Applier::find_controller(LiveExport& entry, Transaction& transaction) {
  const Export& wanted = entry.view.wanted;
  const std::string path = printable(wanted.controller.device->path());
  if (entry.controller && entry.controller->present()) return {};
  const bool served = observed_.subsystems.contains(wanted.name.str());
  std::string why;
  if (!entry.controller || !served) {
    auto claim = claim_known_controller(entry);
    if (claim) {
      transaction.controller = std::move(*claim);
      return {};
    }
    if (!is_missing(claim.error())) return tl::unexpected(claim.error());
    why = claim.error().message;
  }
  transaction.absent.controller = true;
  if (served)
    transaction.gone = fmt::format("{} is gone; it is served again when it comes back", path);
  else
    transaction.waiting = fmt::format("{} {}", path, why);
  return {};
}

// The kernel goes on with the disk that it opened: its namespace shows a path, not what that led
// to.
bool Applier::kernel_holds_another(const LiveExport& entry, Nsid nsid, const Claim& claim) const {
  const auto known = entry.spaces.find(nsid);
  const auto subsystem = observed_.subsystems.find(entry.view.wanted.name.str());
  if (known == entry.spaces.end() || !known->second.opened ||
      subsystem == observed_.subsystems.end())
    return false;
  const auto there = subsystem->second.namespaces.find(std::to_string(nsid));
  return known->second.opened->appearance != claim.appearance() &&
         there != subsystem->second.namespaces.end() && there->second.enabled;
}

void Applier::find_addresses(const LiveExport& entry, Transaction& transaction) {
  const Export& wanted = entry.view.wanted;
  const auto ports = ports_of(observed_, wanted.name.str());
  for (const auto& address : wanted.addresses) {
    const bool linked = std::any_of(ports.begin(), ports.end(),
                                    [&](const auto& port) { return port.second == address; });
    if (linked) {
      // TCP goes on listening while its address is away, and is right again when that is back; an
      // FC port is bound again (nvmet_fc_portentry_rebind_tgt). An RDMA listener dies with its
      // device (nvmet-rules.md 2.1): the link has to be made anew, and so does every other one on
      // that port.
      if (address.trtype != Trtype::rdma || environment_.sessions.listening(address).value_or(true))
        continue;
      transaction.absent.addresses.insert(address);
      transaction.waiting = fmt::format("{}: its RDMA device is gone", address.uri());
      continue;
    }
    auto checked = environment_.addresses.check(address);
    if (checked) checked = environment_.backend.need_transport(address.trtype);
    if (checked) continue;
    transaction.absent.addresses.insert(address);
    transaction.waiting = fmt::format("{}: {}", address.uri(), checked.error().message);
  }
}

// What somebody else has changed is shown as drift and left to the admin. At the start a difference
// is what a crash or a reboot has left: that is put right, as long as it is ours and no host loses
// by it.
bool Applier::may_be_put_right(const LiveExport& entry, const Transaction& transaction,
                               const Plan& plan) {
  const Export& wanted = entry.view.wanted;
  const std::string& name = wanted.name.str();
  if (!observed_.subsystems.contains(name)) return true;
  if (entry.looked_after)
    return !transaction.absent.devices.empty() || transaction.absent.controller ||
           plan_to(observed_, wanted, removable(), entry.view.absent).empty();
  if (!wanted.enabled) return is_made_for(observed_, wanted);
  return (is_made_for(observed_, wanted) || is_bare(observed_, name)) &&
         check_nobody_loses(entry, wanted, plan, transaction.absent != Absent{});
}

void Applier::look_at_size(LiveExport& entry, Nsid nsid, LiveSpace& space) {
  if (!space.claim || !space.opened) return;
  std::uint64_t& told = space.opened->bytes;
  const std::uint64_t now = space.claim->bytes();
  // That hosts could not be told stays; that it was smaller goes when it is as large as it was.
  if (now == 0 || (now == told && !space.shrunk)) return;
  space.shrunk = now < told;
  const std::string name = printable(entry.view.wanted.name.str());
  const std::string path = printable(entry.view.wanted.spaces.at(nsid).device->path());
  const std::string before = std::exchange(space.note, "");
  if (now > told) {
    const Step step{Verb::set_attribute,
                    fmt::format("subsystems/{}/namespaces/{}/revalidate_size",
                                entry.view.wanted.name.str(), nsid),
                    "1", "hosts see the new size"};
    if (auto shown = environment_.backend.perform(step); !shown) {
      space.note = fmt::format("{} grew from {} to {} bytes, and hosts could not be told: {}", path,
                               told, now, shown.error().message);
    } else {
      ++steps_;
      spdlog::info("{}: {} grew from {} to {} bytes", name, path, told, now);
    }
    told = now;
    save_as_it_is(entry);
  } else if (space.shrunk) {
    // Hosts are not told: they would cut off what the disk may have again in a moment.
    space.note = fmt::format(
        "{} shrank from {} to {} bytes under its hosts, whose reads and writes "
        "beyond fail; make it as large as it was",
        path, told, now);
  }
  if (!space.note.empty() && space.note != before)
    spdlog::error("{}: {}", name, printable(space.note, 1024));
}

}  // namespace nvmeofs
