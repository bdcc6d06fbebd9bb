#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "discover/discoverer.h"
#include "discover/joins.h"
#include "nvmeofs/text.h"

namespace nvmeofs::discoverer {
namespace {

Error no_thread() {
  return {EAGAIN, Reason::internal, "this machine has no thread left"};
}

}  // namespace

void Discoverer::begin_operation(LiveDiscovery& entry, Submitted submitted) {
  const DiscoveryIntent& intent = *submitted.request.intent;
  const auto* const all = std::get_if<SetConnectAll>(&intent);
  const auto* const persistent = std::get_if<SetPersistent>(&intent);
  const bool fetches = (all != nullptr && all->on) || (persistent != nullptr && persistent->on);
  if (all != nullptr && !all->on) {
    Discovery next = entry.view.wanted;
    next.connect_all = false;
    if (auto saved = save(entry, next); !saved)
      return refuse_request(&entry, submitted, saved.error());
    entry.unfinished = false;
    return accept(&entry, submitted, "connections stay as they are");
  }
  entry.operation = std::make_unique<Operation>();
  entry.operation->submitted = std::move(submitted);
  entry.operation->phase = fetches ? Operation::Phase::fetching : Operation::Phase::ending;
}

// A fetch that is under way may be older than the request, and may bring a controller.
void Discoverer::go_on(LiveDiscovery& entry) {
  Operation& operation = *entry.operation;
  if (operation.begun || entry.fetching) return;
  operation.begun = true;
  if (operation.phase == Operation::Phase::ending) return begin_ending(entry);
  begin_fetch(entry, entry.view.wanted.persistent || std::holds_alternative<SetPersistent>(
                                                         *operation.submitted->request.intent));
}

// A kept controller that the kernel tries to bring back stays the one: what is made meanwhile to
// look is ended again.
void Discoverer::begin_fetch(LiveDiscovery& entry, bool keep) {
  if (is_kept(entry)) keep = false;
  entry.fetching = true;
  entry.news = false;
  const auto came_back = [serial = entry.view.serial](Result<Fetched> result) {
    return Fetch{serial, std::move(result)};
  };
  calls_.run(
      [came_back, keep, address = entry.view.wanted.address, patience = options_.patience,
       &initiator = environment_.initiator]() -> Event {
        return came_back(fetch(initiator, address, keep, patience));
      },
      came_back(tl::unexpected(no_thread())));
}

void Discoverer::fetched(Fetch& event) {
  LiveDiscovery& entry = *entries_.with(event.serial);  // rmdir waits for it
  entry.fetching = false;
  unpublished_ = true;
  const auto asking = std::exchange(entry.asking, {});
  const bool for_request = entry.operation &&
                           entry.operation->phase == Operation::Phase::fetching &&
                           entry.operation->begun;
  Result<void> answer;
  if (event.result) {
    if (entry.failures > 0)
      spdlog::info("discovery/{} is reachable again", printable(entry.view.wanted.name));
    entry.view.reachability = Reachability::reachable;
    entry.view.log = std::make_shared<const DiscoveryLog>(std::move(event.result->log));
    entry.view.unreached.reset();
    if (!event.result->controller.empty()) {
      entry.view.controller = event.result->controller;
      entry.ours = event.result->ours;
    }
    if (!entry.unfinished) {
      entry.failures = 0;
      entry.view.trouble.clear();
    }
  } else {
    const Error& error = event.result.error();
    answer = tl::unexpected(error);
    // Of a request its own record tells.
    const bool told =
        for_request || (entry.view.unreached && entry.view.unreached->text == error.message);
    entry.view.reachability = Reachability::unreachable;
    entry.view.unreached = unreached(entry, error);
    if (!asking.empty() || !told) log_.keep(*entry.view.unreached);
    if (entry.view.wanted.persistent) set_back(entry, error.message);
  }
  if (!asking.empty()) publish();
  for (const auto& completion : asking) completion(answer);

  if (!for_request) {
    if (answer) follow(entry);
    return;
  }
  if (!answer) {
    const auto operation = std::move(entry.operation);
    return refuse_request(&entry, *operation->submitted, answer.error());
  }
  if (std::holds_alternative<SetConnectAll>(*entry.operation->submitted->request.intent))
    return begin_joins(entry);
  const auto operation = std::move(entry.operation);
  Discovery next = entry.view.wanted;
  next.persistent = true;
  if (auto saved = save(entry, next); !saved) {
    // What was made for it is not kept: the next rmdir finds nothing to end.
    if (std::exchange(entry.ours, false))
      calls_.run([controller = entry.view.controller, &initiator = environment_.initiator] {
        static_cast<void>(initiator.disconnect(controller));
      });
    entry.view.controller.clear();
    return refuse_request(&entry, *operation->submitted, saved.error());
  }
  accept(&entry, *operation->submitted, entry.view.controller + " is kept");
  follow(entry);
}

// After each fetch, whoever asked for it: what is connected already costs nothing.
void Discoverer::follow(LiveDiscovery& entry) {
  const Discovery& wanted = entry.view.wanted;
  if (!wanted.connect_all || !wanted.persistent || entry.operation) return;
  entry.operation = std::make_unique<Operation>();
  entry.operation->begun = true;
  begin_joins(entry);
}

void Discoverer::begin_joins(LiveDiscovery& entry) {
  Operation& operation = *entry.operation;
  operation.phase = Operation::Phase::joining;
  const Caller caller = operation.submitted ? operation.submitted->request.caller : ourselves();
  for (const auto& join : joins(*entry.view.log, *environment_.connections.snapshot(),
                                operation.submitted ? Joining::all : Joining::news))
    operation.joins.push_back(chain_of(join, caller));
  submit_all<ConnectionRequest>(
      [&connections = environment_.connections](ConnectionRequest request, Completion completion) {
        connections.submit(std::move(request), std::move(completion));
      },
      operation.joins,
      [inbox = inbox_, serial = entry.view.serial](Failures failed) {
        inbox->post(Joined{serial, std::move(failed)});
      });
}

void Discoverer::joined(Joined& event) {
  LiveDiscovery& entry = *entries_.with(event.serial);  // rmdir waits for it
  const auto operation = std::move(entry.operation);
  const std::size_t tried = operation->joins.size();
  std::optional<Error> failure;
  if (!event.failed.empty())
    failure = failure_of(event.failed, operation->joins, "could not be connected");

  // Of a request that is refused nothing is left to be done later, unless it was already.
  entry.unfinished = failure && entry.view.wanted.connect_all && entry.view.wanted.persistent;
  if (entry.unfinished) {
    set_back(entry, failure->message);
  } else {
    entry.failures = 0;
    entry.view.trouble.clear();
  }
  unpublished_ = true;
  if (!operation->submitted) {
    if (failure)
      spdlog::warn("discovery/{}: {}", printable(entry.view.wanted.name),
                   printable(failure->message, 2048));
    return;
  }
  if (failure) return refuse_request(&entry, *operation->submitted, *std::move(failure));
  Discovery next = entry.view.wanted;
  next.connect_all = true;
  if (auto saved = save(entry, next); !saved)
    return refuse_request(&entry, *operation->submitted, saved.error());
  accept(&entry, *operation->submitted,
         tried == 0 ? "nothing is left to connect" : fmt::format("{} connected", tried));
}

void Discoverer::begin_ending(LiveDiscovery& entry) {
  if (!entry.ours || !is_kept(entry)) {
    Ended nothing{entry.view.serial, {}};
    return ended(nothing);
  }
  const auto came_back = [serial = entry.view.serial](Result<void> result) {
    return Ended{serial, std::move(result)};
  };
  calls_.run([came_back, controller = entry.view.controller, &initiator = environment_.initiator]()
                 -> Event { return came_back(initiator.disconnect(controller)); },
             came_back(tl::unexpected(no_thread())));
}

void Discoverer::ended(Ended& event) {
  LiveDiscovery& entry = *entries_.with(event.serial);
  const auto operation = std::move(entry.operation);
  const Submitted& submitted = *operation->submitted;
  // Gone is gone, by whomever.
  if (!event.result && is_kept(entry))
    return refuse_request(&entry, submitted, event.result.error());
  entry.view.controller.clear();
  entry.ours = false;
  if (std::holds_alternative<RemoveDiscovery>(*submitted.request.intent)) {
    const std::string name = entry.view.wanted.name;
    if (auto saved = save_removal(name); !saved)
      return refuse_request(&entry, submitted, saved.error());
    for (auto& waiting : entry.queue)
      waiting.completion(refuse(ESTALE, Reason::gone, "the directory was removed"));
    for (const auto& completion : entry.asking)
      completion(refuse(ESTALE, Reason::gone, "the directory was removed"));
    entries_.erase(name);
    return accept(nullptr, submitted, "gone; connections stay as they are");
  }
  Discovery next = entry.view.wanted;
  next.persistent = false;
  if (auto saved = save(entry, next); !saved)
    return refuse_request(&entry, submitted, saved.error());
  entry.news = entry.unfinished = false;
  entry.failures = 0;
  entry.view.trouble.clear();
  accept(&entry, submitted, "");
}

}  // namespace nvmeofs::discoverer
