#include "connect/connector.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>

#include "connect/changes.h"
#include "connect/reconcile.h"
#include "nvmeofs/text.h"

namespace nvmeofs::connector {

Connector::Connector(ConnectionsEnvironment environment, ConnectionsOptions options,
                     std::shared_ptr<Inbox<Event>> inbox, Publish publish)
    : environment_(environment),
      options_(options),
      inbox_(std::move(inbox)),
      publish_(std::move(publish)),
      calls_(inbox_) {}

Result<void> Connector::begin() {
  if (auto loaded = load(); !loaded) return loaded;
  // Without the module there is nothing to connect with, and all the rest works.
  if (auto tokens = environment_.initiator.options()) {
    tokens_ = std::move(*tokens);
  } else {
    spdlog::warn("no connection can be made: {}", tokens.error().message);
  }
  environment_.initiator.clear();
  if (auto seen = look(); !seen) return seen;
  publish();
  return {};
}

// What has come in together is taken in together: the kernel is looked at once for all of it, and
// before any of it, so that an answer of the kernel meets what it has done.
void Connector::run() {
  work_on_all();
  while (!stopped_) {
    if (unpublished_) publish();
    std::optional<std::chrono::milliseconds> patience;
    if (const auto due = next_due())
      patience = std::chrono::ceil<std::chrono::milliseconds>(
          std::max(*due - Clock::now(), Clock::duration::zero()));

    std::deque<Event> events;
    for (auto item = inbox_->take(patience); item;
         item = inbox_->take(std::chrono::milliseconds{0})) {
      if (auto* event = std::get_if<0>(&*item)) {
        events.push_back(std::move(*event));
      } else {
        environment_.initiator.clear();
        break;
      }
    }
    // What cannot be read now is decided on by what was seen last.
    static_cast<void>(look());
    for (auto& event : events) take_in(event);
    work_on_all();
    if (std::exchange(foreign_may_be_gone_, false)) {
      look_for_foreign();
      unpublished_ = true;
    }
  }
  end();
}

void Connector::take_in(Event& event) {
  if (std::holds_alternative<Stop>(event)) stopped_ = true;
  if (auto* submitted = std::get_if<Submitted>(&event)) receive(std::move(*submitted));
  if (auto* tried_one = std::get_if<Tried>(&event)) tried(*tried_one);
  if (auto* left_one = std::get_if<Left>(&event)) left(*left_one);
  if (auto* answer = std::get_if<Answered>(&event)) answered(*answer);
  if (auto* one_imported = std::get_if<Imported>(&event)) imported(*one_imported);
}

void Connector::receive(Submitted submitted) {
  ConnectionRequest& request = submitted.request;
  LiveConnection* const entry = entries_.of(request);
  if (!request.intent) return refuse_request(entry, submitted, request.intent.error());
  if (std::holds_alternative<MakeConnection>(*request.intent)) return make_connection(submitted);
  if (std::holds_alternative<RemoveConnection>(*request.intent))
    return remove_connection(submitted);
  if (std::holds_alternative<TakeConfig>(*request.intent)) return take_config(std::move(submitted));
  if (entry == nullptr)
    return refuse_request(
        nullptr, submitted,
        {ESTALE, Reason::gone, "the connection was removed while this file was open"});
  entry->queue.push_back(std::move(submitted));
  work_on(*entry);
}

void Connector::make_connection(Submitted& submitted) {
  const std::string& name = submitted.request.name;
  auto nqn = Nqn::parse(name);
  if (!nqn) return refuse_request(nullptr, submitted, nqn.error());
  if (name == host_config_name)
    return refuse_request(nullptr, submitted,
                          {EEXIST, Reason::exists, "this is the name of a file here"});
  if (const auto found = entries_.find(name); found != entries_.end())
    return refuse_request(
        nullptr, submitted,
        {EEXIST, found->second.view.foreign ? Reason::foreign : Reason::exists,
         found->second.view.foreign
             ? "something else has connected it already; write 1 to its connected to take it over"
             : "it is there already"});
  const StoredConnection draft{.wanted = {.name = *nqn}, .made = std::chrono::system_clock::now()};
  LiveConnection candidate{{.wanted = draft.wanted}};
  if (auto free = check_subsystem_is_free(candidate, draft.wanted); !free)
    return refuse_request(nullptr, submitted, free.error());
  if (auto saved = save(name, draft); !saved)
    return refuse_request(nullptr, submitted, saved.error());
  LiveConnection& placed =
      entries_.place(name, {.wanted = draft.wanted, .made = draft.made, .changed = draft.made});
  accept(&placed, submitted, "a draft; nothing is connected yet");
}

void Connector::remove_connection(Submitted& submitted) {
  const std::string name = submitted.request.name;
  const auto found = entries_.find(name);
  if (found == entries_.end())
    return refuse_request(nullptr, submitted,
                          {ENOENT, Reason::gone, "there is no such connection"});
  LiveConnection& entry = found->second;
  if (entry.view.foreign)
    return refuse_request(&entry, submitted,
                          {EBUSY, Reason::foreign,
                           "something else made this connection; write 0 to its connected to take "
                           "it over and end it, or end it with what made it"});
  if (entry.view.wanted.connected)
    return refuse_request(&entry, submitted,
                          {EBUSY, Reason::still_connected, "write 0 to its connected first"});
  const bool trying = std::any_of(entry.paths.begin(), entry.paths.end(),
                                  [](const auto& path) { return path.second.trying; });
  if (entry.change || trying || !entry.leaving.empty())
    return refuse_request(&entry, submitted,
                          {EBUSY, Reason::kernel_waits,
                           "an earlier change of it is not over yet; try again in a moment"});
  if (auto saved = save_removal(name); !saved)
    return refuse_request(&entry, submitted, saved.error());
  entries_.erase(name);
  look_for_foreign();
  accept(nullptr, submitted, "gone");
}

void Connector::change_connection(LiveConnection& entry, Submitted submitted) {
  const Connection& now = entry.view.wanted;
  const ConnectionIntent& intent = *submitted.request.intent;
  const bool switching = std::holds_alternative<SetConnected>(intent);
  if (entry.view.foreign && !switching)
    return refuse_request(&entry, submitted,
                          {EBUSY, Reason::foreign,
                           "something else made this connection; write 1 to its connected to take "
                           "it over first"});
  auto next = changed(now, intent);
  if (!next) return refuse_request(&entry, submitted, next.error());
  if (auto free = check_subsystem_is_free(entry, *next); !free)
    return refuse_request(&entry, submitted, free.error());
  if (switching || (now.connected && *next != now))
    return begin_change(entry, std::move(submitted), std::move(*next));

  if (*next != now) {
    const StoredConnection stored{*next, entry.view.made};
    if (auto saved = save(now.name.str(), stored); !saved)
      return refuse_request(&entry, submitted, saved.error());
    entry.view.wanted = std::move(*next);
    look_for_foreign();  // which may have become its own, or no more
  }
  accept(&entry, submitted, "");
}

// Two connections of one subsystem would fight over its paths.
Result<void> Connector::check_subsystem_is_free(const LiveConnection& entry,
                                                const Connection& next) const {
  for (const auto& [name, other] : entries_)
    if (!other.view.foreign && other.view.serial != entry.view.serial &&
        other.view.wanted.subsystem() == next.subsystem())
      return refuse(EEXIST, Reason::exists, "connections/{} is to this subsystem already",
                    printable(name));
  return {};
}

void Connector::work_on_all() {
  entries_.for_each([this](LiveConnection& entry) { work_on(entry); });
}

void Connector::work_on(LiveConnection& entry) {
  if (entry.change) advance(entry);
  while (!entry.change && !entry.queue.empty()) {
    Submitted next = std::move(entry.queue.front());
    entry.queue.pop_front();
    change_connection(entry, std::move(next));
  }
  if (!entry.change) tend(entry);
}

std::optional<Connector::Clock::time_point> Connector::next_due() const {
  std::optional<Clock::time_point> due;
  const auto sooner = [&](Clock::time_point when) { due = due ? std::min(*due, when) : when; };
  for (const auto& [name, entry] : entries_) {
    if (entry.change) {
      sooner(entry.change->until);
      continue;
    }
    if (!entry.view.wanted.connected || entry.view.foreign) continue;
    for (const auto& [address, path] : entry.paths)
      if (!path.trying && !path.was_there) sooner(path.due);
  }
  return due;
}

void Connector::end() {
  for (auto& event : inbox_->drain())
    if (auto* submitted = std::get_if<Submitted>(&event)) {
      answer_unmounted(submitted->completion);
    } else if (auto* one_imported = std::get_if<Imported>(&event)) {
      answer_unmounted(one_imported->submitted.completion);
    }
  for (auto& [name, entry] : entries_) {
    if (entry.change) {
      // Refused, so it is not what the next start finds; but what is gone already stays gone.
      if (entry.change->saved && !entry.change->cause && !entry.change->sent_away)
        save_as_it_is(entry);
      answer_unmounted(entry.change->submitted.completion);
    }
    for (auto& submitted : entry.queue) answer_unmounted(submitted.completion);
  }
  calls_.wait(std::chrono::seconds(1));
}

}  // namespace nvmeofs::connector
