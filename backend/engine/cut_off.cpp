#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "engine/applier.h"
#include "engine/restore.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

Caller this_program() {
  return {::geteuid(), ::getpid(), "nvmeofs"};
}

Request request_to_go_down(const LiveExport& entry) {
  return {.caller = this_program(),
          .name = entry.view.wanted.name.str(),
          .serial = entry.view.serial,
          .file = "enabled",
          .value = "0, to take config.json back",
          .intent = TakeDown{.force = true}};
}

}  // namespace

bool Applier::was_cut_off() const {
  return stored_.restoring && !restoring_;
}

bool Applier::is_taken_back(const std::string& name) const {
  return was_cut_off() && stored_.restoring->touches(name);
}

// What the kernel has otherwise than before goes down first, all of it: exports may have exchanged
// disks and identities, and no two may have the same. Hosts that have come to it since lose it, as
// they do when a restore is refused in the middle.
void Applier::begin_taking_back() {
  spdlog::warn(
      "the program before this one ended while config.json was being restored; all of it is taken "
      "back");
  for (auto& [name, entry] : entries_) entry.cut_off = is_half_restored(name, entry);
  entries_.for_each([&](LiveExport& entry) {
    if (entry.cut_off) take_back(entry);
  });
  end_taking_back();
}

bool Applier::is_half_restored(const std::string& name, LiveExport& entry) {
  if (entry.view.foreign || !is_taken_back(name) || !observed_.subsystems.contains(name) ||
      stored_.restoring->boot_id != environment_.boot_id)
    return false;
  const Export& wanted = entry.view.wanted;
  const auto left = stored_.exports.find(name);
  const bool is_ours =
      is_made_for(observed_, wanted) || is_bare(observed_, name) ||
      (left != stored_.exports.end() && is_made_for(observed_, left->second.wanted));
  if (!is_ours) return false;
  // What it waits for is no difference.
  Transaction looked(request_to_go_down(entry), nullptr, wanted);
  if (wanted.enabled) (void)find_all(entry, looked);
  return !plan_to(observed_, wanted, removable(), looked.absent).empty();
}

void Applier::take_back(LiveExport& entry) {
  if (!entry.cut_off) return end_taking_back();
  Export down = entry.view.wanted;
  down.enabled = false;
  auto transaction = std::make_unique<Transaction>(request_to_go_down(entry), nullptr, down);
  transaction->by_itself = true;
  Plan plan = plan_to(observed_, down, removable());
  begin_transaction(entry, std::move(transaction), std::move(plan));
}

void Applier::end_taking_back() {
  if (std::any_of(entries_.begin(), entries_.end(),
                  [](const auto& named) { return named.second.cut_off; }))
    return;
  const BeforeRestore before = *stored_.restoring;
  std::string failed;
  for (const auto& [name, stored] : before.foreign) {
    if (before.boot_id != environment_.boot_id || !stored_.exports.contains(name)) continue;
    if (auto given = bring(with_export(observed_, stored.wanted, ours_)); !given)
      failed += fmt::format("; {} is not: {}", printable(name), given.error().message);
  }
  if (auto saved = save(taken_back(stored_), {}); !saved) {
    for (auto& [name, entry] : entries_)
      if (before.touches(name) && !entry.view.foreign) {
        entry.view.failed = saved.error().message;
        leave_alone(entry);
      }
    spdlog::error("config.json: {}", saved.error().message);
    unpublished_ = true;
    return;
  }
  for (const auto& name : before.made)
    if (const auto found = entries_.find(name);
        found != entries_.end() && !found->second.view.foreign)
      entries_.erase(name);
  for (const auto& [name, stored] : before.foreign)
    if (const auto found = entries_.find(name);
        found != entries_.end() && !found->second.view.foreign)
      make_foreign(found->second);
  look_for_foreign();
  for (const auto& [name, stored] : before.exports) {
    LiveExport& entry = entries_.find(name)->second;
    entry.looked_after = false;
    entry.left_alone_until = {};
    entry.view.failed.clear();
    entry.view.waiting = stored.wanted.enabled ? "not looked at yet" : "";
    if (options_.look_after) to_look_after_.push_back(entry.view.serial);
  }
  log_.keep(record_of_done(this_program(), "config.json",
                           "the program ended while it was being restored, and everything is as it "
                           "was before" +
                               failed));
  unpublished_ = true;
}

}  // namespace nvmeofs
