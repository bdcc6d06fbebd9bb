#include <cerrno>

#include "engine/applier.h"
#include "engine/device_refusals.h"

namespace nvmeofs {

Result<void> Applier::check_controller(LiveExport& entry, Transaction& transaction, bool lenient) {
  const Intent& intent = *transaction.request.intent;
  const ServedController& now = entry.view.wanted.controller;
  ServedController& next = transaction.next.controller;
  if (!next.device) {
    next.drive = {};
    next.has_served = false;
    return {};
  }
  if (std::holds_alternative<SetController>(intent) ||
      (std::holds_alternative<TakeExport>(intent) && now.device != next.device))
    return check_written_controller(entry, transaction);

  const bool unclaimed =
      transaction.next.enabled && next.enabled && (entry.view.foreign || !entry.controller);
  if (!unclaimed) return {};
  if (lenient && entry.view.absent.controller) {
    transaction.absent.controller = true;
    transaction.waiting = entry.view.waiting;
    return {};
  }
  auto claim = claim_known_controller(entry);
  if (!claim) return tl::unexpected(claim.error());
  next.drive = (*claim)->controller().drive;
  transaction.controller = std::move(*claim);
  return {};
}

Result<void> Applier::check_written_controller(LiveExport& entry, Transaction& transaction) {
  const ServedController& now = entry.view.wanted.controller;
  ServedController& next = transaction.next.controller;
  const auto seen = environment_.devices.identify_controller(next.device->path());
  if (!seen) return tl::unexpected(seen.error());
  const Caller& caller = transaction.request.caller;
  if (!caller.is_root())
    if (auto may = environment_.devices.check_caller(caller, next.device->path()); !may) return may;
  if (entry.controller && entry.controller->controller().number == seen->number)
    return {};  // another name of what it serves already
  if (auto free = check_not_served_elsewhere(entry, seen->disks, seen->number); !free) return free;

  // As with a disk: what hosts have put on this drive is no reason to refuse it.
  const auto* const taken = std::get_if<TakeExport>(&*transaction.request.intent);
  const auto is_drive_of = [&](const ServedController& known) {
    return known.has_served && !seen->drive.text.empty() && seen->drive == known.drive;
  };
  if (taken == nullptr || !taken->force)
    next.has_served = is_drive_of(now) || (taken != nullptr && is_drive_of(next));
  auto claim = claim_same(*next.device, *seen, next.has_served ? Members::allow : Members::refuse);
  if (!claim) return tl::unexpected(claim.error());
  next.drive = (*claim)->controller().drive;
  if (transaction.next.enabled && next.enabled) transaction.controller = std::move(*claim);
  return {};
}

Result<std::unique_ptr<ControllerClaim>> Applier::claim_same(const DevicePath& device,
                                                             const Controller& seen,
                                                             Members members) {
  auto claim = environment_.devices.claim_controller(device, members);
  if (!claim || (*claim)->controller().number == seen.number) return claim;
  return refuse_moved();
}

// The controller as it was written once, if the path still leads to that drive: the kernel numbers
// them anew at each boot.
Result<std::unique_ptr<ControllerClaim>> Applier::claim_known_controller(const LiveExport& entry) {
  const ServedController& now = entry.view.wanted.controller;
  const auto seen = environment_.devices.identify_controller(now.device->path());
  if (!seen) return tl::unexpected(seen.error());
  if (auto free = check_not_served_elsewhere(entry, seen->disks, seen->number); !free)
    return tl::unexpected(free.error());
  auto claim = claim_same(*now.device, *seen,
                          now.has_served || entry.view.foreign ? Members::allow : Members::refuse);
  if (claim && !(*claim)->controller().drive.can_be(now.drive))
    return refuse_other_disk(*now.device, now.drive, (*claim)->controller().drive,
                             "passthru/device");
  return claim;
}

}  // namespace nvmeofs
