#include <spdlog/spdlog.h>

#include <cerrno>

#include "connect/connector.h"
#include "connect/reconcile.h"
#include "nvmeofs/text.h"

namespace nvmeofs::connector {

void Connector::succeed(LiveConnection& entry) {
  const auto change = std::move(entry.change);
  ConnectionView& view = entry.view;
  view.wanted = change->next;
  view.foreign = false;
  std::string text = "disconnected";
  if (view.wanted.connected) {
    const Reconciled paths = reconcile(view.wanted, observed_);
    std::size_t live = 0;
    std::set<std::string> adopted;
    for (const auto& [address, controller] : paths.there) {
      if (controller->state == ControllerState::live) ++live;
      if (!change->asked.empty() && !change->made.contains(controller->name))
        adopted.insert(controller->name);
    }
    mark(adopted);
    text = fmt::format("{} of {} paths live", live, view.wanted.addresses.size());
    for (const auto& [address, error] : change->failed)
      text += fmt::format("; {}: {}", address.uri(), error.message);
  } else if (!change->sent_away) {
    text = "nothing to do";
  }
  look_for_foreign();
  accept(&entry, change->submitted, std::move(text));
}

// The store first, as always: what it says is what a start after a crash would bring about.
void Connector::undo(LiveConnection& entry, Error cause) {
  Change& change = *entry.change;
  change.cause = std::move(cause);
  change.phase = Change::Phase::undoing;
  change.until = Clock::now() + options_.leave_patience;
  if (change.saved) save_as_it_is(entry);
  for (const auto& controller : change.made)
    if (observed_.controllers.contains(controller)) send_away(entry, controller);
}

bool Connector::advance_undoing(LiveConnection& entry) {
  Change& change = *entry.change;
  std::erase_if(change.made, [&](const auto& controller) {
    const auto said = entry.leaving.find(controller);
    const bool refused = said != entry.leaving.end() && said->second;
    if (refused) {
      spdlog::error("{}: {} cannot be taken away again: {}",
                    printable(entry.view.wanted.name.str()), controller, said->second->message);
      entry.leaving.erase(said);
    }
    return refused || !observed_.controllers.contains(controller);
  });
  if (!change.made.empty() && Clock::now() < change.until) return false;
  const auto done = std::move(entry.change);
  // What was taken away before the refusal is brought back without a pause.
  for (const auto& controller : done->victims) entry.leaving.erase(controller);
  for (auto& [address, path] : entry.paths) path.was_there = false;
  foreign_may_be_gone_ |= entry.view.foreign;
  refuse_request(&entry, done->submitted, *done->cause);
  return true;
}

void Connector::leave_to_kernel(LiveConnection& entry) {
  const auto change = std::move(entry.change);
  entry.view.wanted = change->next;
  entry.view.foreign = false;
  std::string which;
  for (const auto& controller : change->victims) which += (which.empty() ? "" : ", ") + controller;
  refuse_request(&entry, change->submitted,
                 {ETIMEDOUT, Reason::kernel_waits,
                  which.empty() ? "an attempt at a path does not come back from the kernel; what "
                                  "it brings will be disconnected"
                                : fmt::format("the kernel is still ending {}, and goes on; nobody "
                                              "can stop that",
                                              which)});
}

}  // namespace nvmeofs::connector
