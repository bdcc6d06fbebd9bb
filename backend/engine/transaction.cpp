#include "engine/transaction.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/applier.h"
#include "engine/changes.h"
#include "engine/shared_objects.h"
#include "nvmeofs/plan.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

// Whether an FC port serves, nothing tells but the link: ENXIO, also from one that its driver has
// not made ready yet. Such an address is left out for now. True: there is another.
bool put_off_address(Transaction& transaction, const Target& observed, const Step& refused,
                     const Error& refusal) {
  if (!transaction.by_itself || refusal.errnum != ENXIO || refused.verb != Verb::make_link)
    return false;
  for (const auto& [id, port] : observed.ports) {
    if (!refused.path.starts_with("ports/" + id + "/subsystems/")) continue;
    const auto address = address_of(port);
    if (!address || address->trtype != Trtype::fc) return false;
    if (!transaction.absent.addresses.insert(*address).second) return false;
    transaction.waiting = fmt::format("{}: {}", address->uri(), refusal.message);
    transaction.put_off = true;
  }
  return std::ranges::any_of(transaction.next.addresses, [&](const auto& address) {
    return !transaction.absent.addresses.contains(address);
  });
}

}  // namespace

// A transaction goes forward until the kernel is as it should be, or until a step is refused; then
// it goes back. Both ways are planned from what is observed, not from what was recorded: that is
// right also after a step of which only half was done, and when a wait let others change the rest.

void Applier::begin_transaction(LiveExport& entry, std::unique_ptr<Transaction> transaction,
                                Plan plan) {
  transaction->before = observed_;
  entry.transaction = std::move(transaction);
  run_steps(entry, std::move(plan));
  advance(entry);
}

Result<void> Applier::bring(const Target& next) {
  const Plan plan = make_plan(observed_, next);
  if (plan.empty()) return {};
  Runner runner(environment_.backend, plan, [] {});
  const auto outcome = runner.wait_for(options_.patience);
  if (outcome) steps_ += outcome->done;
  if (auto seen = look(); !seen) return seen;
  if (!outcome)
    return refuse(EBUSY, Reason::kernel_waits,
                  "the kernel is busy and may take it later; look at it, and write it again");
  if (!outcome->error) return {};
  const Step& step = plan.at(outcome->done);
  return refuse(outcome->error->errnum, Reason::kernel_refused, "the kernel refused '{}' ({})",
                printable(shell_command(step, environment_.backend.root())),
                strerror(outcome->error->errnum));
}

void Applier::run_steps(LiveExport& entry, Plan plan) {
  entry.transaction->runner = std::make_unique<Runner>(
      environment_.backend, std::move(plan),
      [mailbox = mailbox_, serial = entry.view.serial] { mailbox->post(StepsEnded{serial}); });
}

void Applier::advance(LiveExport& entry) {
  for (;;) {
    Transaction& transaction = *entry.transaction;
    const auto outcome = transaction.runner->wait_for(options_.patience);
    if (!outcome) {
      // Others go on. When the step comes back, the rest is planned anew: it may have become
      // another.
      transaction.runner->end_after_this_step();
      transaction.held_up = true;
      entry.view.failed =
          fmt::format("waiting in the kernel for '{}'",
                      shell_command(transaction.runner->current(), environment_.backend.root()));
      spdlog::warn("{}: {}", printable(transaction.request.name), entry.view.failed);
      publish();
      return;
    }
    const Plan& plan = transaction.runner->plan();
    transaction.performed.insert(transaction.performed.end(), plan.begin(),
                                 plan.begin() + static_cast<std::ptrdiff_t>(outcome->done));
    if (!transaction.cause) transaction.steps += outcome->done;
    steps_ += outcome->done;

    const bool was_held_up = std::exchange(transaction.held_up, false);
    if (auto seen = look(); !seen)
      return fail(entry, "the kernel's target cannot be read: " + seen.error().message);
    if (!step_forward(entry, *outcome, was_held_up)) return;
  }
}

// True: there are steps under way again.
bool Applier::step_forward(LiveExport& entry, const Runner::Outcome& outcome, bool was_held_up) {
  Transaction& transaction = *entry.transaction;
  const Step* const refused =
      outcome.error ? &transaction.runner->plan().at(outcome.done) : nullptr;

  if (transaction.cause) {
    const Plan rest =
        make_plan(observed_, restored(observed_, transaction.before, transaction.next.name.str(),
                                      transaction.performed));
    if (rest.empty()) {
      fail(entry, "");
      return false;
    }
    if (!was_held_up) {
      fail(entry,
           fmt::format("the way back was refused too: {}",
                       outcome.error ? explained(*outcome.error, *refused, observed_,
                                                 transaction.next, environment_.backend.root())
                                           .message
                                     : in_words(rest)));
      return false;
    }
    run_steps(entry, rest);
    return true;
  }

  if (outcome.error) {
    auto cause = explained(*outcome.error, *refused, observed_, transaction.next,
                           environment_.backend.root());
    if (!put_off_address(transaction, observed_, *refused, cause)) {
      undo(entry, std::move(cause));
      return true;
    }
  }
  const Shared ours = shared_after(removable(), transaction.performed, observed_);
  const Plan rest = plan_to(observed_, transaction.next, ours, transaction.absent);
  if (rest.empty()) {
    if (auto opened = check_opened_device(transaction); !opened) {
      undo(entry, opened.error());
      return true;
    }
    succeed(entry);
    return false;
  }
  if (was_held_up || outcome.error) {
    run_steps(entry, rest);
  } else {
    // Some writes are taken and do nothing: enable on a subsystem with passthru stays 0.
    undo(entry, {EIO, Reason::kernel_refused,
                 fmt::format("the kernel took every step, and yet {}", in_words(rest))});
  }
  return true;
}

// The kernel looked the path up once more when it enabled the namespace; somebody may have turned a
// link on the way to another disk since the claim.
Result<void> Applier::check_opened_device(const Transaction& transaction) {
  for (const auto& [nsid, claim] : transaction.claims) {
    const std::string& path = transaction.next.spaces.at(nsid).device->path();
    const auto now = environment_.devices.identify(path);
    if (!now || !now->same(claim->device()))
      return refuse(EBUSY, Reason::device_in_use,
                    "{} led to another device while it was being enabled; write it again",
                    printable(path));
  }
  if (transaction.controller) {
    const std::string& path = transaction.next.controller.device->path();
    const auto now = environment_.devices.identify_controller(path);
    if (!now || now->number != transaction.controller->controller().number)
      return refuse(EBUSY, Reason::device_in_use,
                    "{} led to another controller while it was being enabled; write it again",
                    printable(path));
  }
  return {};
}

void Applier::hold(LiveExport& entry, Transaction& transaction) const {
  for (auto& [nsid, claim] : std::exchange(transaction.claims, {})) {
    LiveSpace& space = entry.spaces[nsid];
    space.claim = std::move(claim);
    space.opened = opened_by(*space.claim);
  }
  if (transaction.controller) entry.controller = std::move(transaction.controller);
}

void Applier::undo(LiveExport& entry, Error cause) {
  Transaction& transaction = *entry.transaction;
  transaction.cause = std::move(cause);
  run_steps(entry,
            make_plan(observed_, restored(observed_, transaction.before,
                                          transaction.next.name.str(), transaction.performed)));
}

void Applier::succeed(LiveExport& entry) {
  const auto transaction = std::move(entry.transaction);
  ExportView& view = entry.view;
  ours_ = shared_after(ours_, transaction->performed, observed_);
  const bool still_waits = transaction->put_off && view.waiting == transaction->waiting;
  view.failed = transaction->gone;
  view.waiting = transaction->waiting;
  view.absent = transaction->absent;
  view.note.clear();
  for (auto& [nsid, space] : entry.spaces) space.note.clear();
  entry.half_done = false;
  entry.looked_after = true;
  if (std::exchange(entry.cut_off, false)) {
    entry.looked_after = false;
    view.waiting = "a restore of config.json that was cut off is taken back first";
    to_look_after_.push_back(view.serial);
  } else if (std::holds_alternative<TakeDown>(*transaction->request.intent)) {
    view.waiting = "taken down; mounting again brings it up";
  } else {
    view.foreign = false;
    view.access = access_after(entry, *transaction);
    view.wanted = transaction->next;
  }
  hold(entry, *transaction);
  std::erase_if(entry.spaces, [&](const auto& held) {
    const auto space = transaction->next.spaces.find(held.first);
    return !transaction->next.enabled || space == transaction->next.spaces.end() ||
           !space->second.enabled || view.absent.devices.contains(held.first);
  });
  if (!transaction->next.enabled || !transaction->next.controller.enabled || view.absent.controller)
    entry.controller.reset();
  if (transaction->put_off) {
    leave_alone(entry);
  } else {
    entry.pause = {};
    entry.left_alone_until = {};
  }
  // What was let go of because it was gone may be back already.
  if (transaction->by_itself && view.absent != Absent{}) to_look_after_.push_back(view.serial);
  // Ports and hosts that went are not ours any more, and what was set for an address goes with the
  // last export that names it.
  const StoredKernel left = stored_objects(ours_, {}, observed_, environment_.boot_id);
  StoredState kept = stored_;
  if (left.ports != stored_.kernel.ports || left.hosts != stored_.kernel.hosts ||
      forget_ports(kept))
    save_as_it_is(entry);
  // It is tried again and again.
  if (still_waits) {
    unpublished_ = true;
    return publish_soon();
  }
  std::string text = transaction->steps == 0   ? "nothing to do"
                     : transaction->steps == 1 ? "1 kernel step"
                                               : fmt::format("{} kernel steps", transaction->steps);
  for (const auto& missing : {view.failed, view.waiting})
    if (!missing.empty()) text += "; " + missing;
  accept(&entry, transaction->request, transaction->completion, text);
}

void Applier::fail(LiveExport& entry, std::string failed) {
  const auto transaction = std::move(entry.transaction);
  ours_ = shared_after(ours_, transaction->performed, observed_);
  const Error cause = transaction->cause.value_or(Error{EIO, Reason::internal, failed});
  entry.half_done = !failed.empty();
  entry.view.failed = std::move(failed);
  if (entry.half_done) {
    spdlog::error("{}: {}", printable(transaction->request.name),
                  printable(entry.view.failed, 1024));
    // The kernel may still have the device open: nobody else may have it.
    hold(entry, *transaction);
  }
  const bool waits = transaction->put_off && cause.errnum == ENXIO && !entry.half_done;
  if (waits) hold(entry, *transaction);
  transaction->claims.clear();
  transaction->controller.reset();
  if (transaction->by_itself) leave_alone(entry);
  save_as_it_is(entry);
  if (waits) {
    const bool still_waits = entry.view.waiting == transaction->waiting;
    entry.view.waiting = transaction->waiting;
    entry.view.absent = transaction->absent;
    to_look_after_.push_back(entry.view.serial);
    unpublished_ = true;
    if (still_waits) return publish_soon();
  } else if (transaction->by_itself && !entry.half_done) {
    entry.view.failed = cause.message;
  }
  refuse_request(transaction->by_itself ? nullptr : &entry, transaction->request,
                 transaction->completion, cause);
}

}  // namespace nvmeofs
