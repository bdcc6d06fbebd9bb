#include "engine/applier.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>

#include "engine/changes.h"
#include "engine/identity.h"
#include "engine/shared_objects.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

constexpr const char* default_model = "nvmeofs";

}  // namespace

Applier::Applier(Environment environment, EngineOptions options, std::shared_ptr<Mailbox> mailbox,
                 Publish publish)
    : environment_(std::move(environment)),
      options_(options),
      mailbox_(std::move(mailbox)),
      publish_(std::move(publish)) {}

Applier::~Applier() = default;

Result<void> Applier::begin() {
  if (auto loaded = load(); !loaded) return loaded;
  if (auto seen = look(); !seen) return seen;
  ours_ = shared_of(stored_.kernel, environment_.boot_id, observed_);
  ours_.wanted_ports = stored_.ports;
  ours_.host_settings = stored_.hosts;
  if (was_cut_off()) begin_taking_back();
  if (options_.look_after) look_after_all();
  publish();
  return {};
}

// Requests come before what is done by itself: whoever waits for an answer does not wait for a
// thousand exports to come up.
void Applier::run(const std::function<void()>& looked) {
  for (bool first = true;;) {
    std::optional<Event> event;
    const bool restores = restoring_ != nullptr;
    if (to_look_after_.empty() || restores) {
      publish_soon();
      if (to_look_after_.empty() && std::exchange(first, false)) looked();
      event = postponed_.empty() || restores ? mailbox_->take()
                                             : mailbox_->take_before(postponed_.begin()->first);
      if (!event) look_after_postponed();
    } else {
      event = mailbox_->take_if_any();
    }
    if (!event) {
      if (to_look_after_.empty()) continue;
      LiveExport* const entry = entries_.with(to_look_after_.front());
      to_look_after_.pop_front();
      if (entry != nullptr) look_after(*entry);
      continue;
    }
    if (std::holds_alternative<Stop>(*event)) break;
    if (auto* submitted = std::get_if<Submitted>(&*event)) handle(*submitted);
    if (const auto* ended = std::get_if<StepsEnded>(&*event))
      if (LiveExport* entry = entries_.with(ended->serial); entry != nullptr && entry->transaction)
        advance(*entry);
    if (std::holds_alternative<KernelChanged>(*event))
      if (look()) publish();
    if (std::holds_alternative<MachineChanged>(*event)) {
      environment_.watch.clear();
      if (restoring_)
        restoring_->machine_changed = true;
      else if (options_.look_after)
        look_after_all();
    }
    run_restore();
  }
  end();
}

void Applier::end() {
  for (auto& event : mailbox_->drain())
    if (auto* submitted = std::get_if<Submitted>(&event))
      submitted->completion(refuse(ESHUTDOWN, Reason::gone, "nvmeofs is being unmounted"));
  if (const auto restoring = std::move(restoring_))
    restoring->completion(refuse(ESHUTDOWN, Reason::kernel_waits,
                                 "nvmeofs is being unmounted; what was restored so far is taken "
                                 "back when it is mounted again"));
  for (auto& [name, entry] : entries_)
    if (entry.transaction) advance(entry);
  // What still waits in the kernel cannot be ended by anyone; its caller gets an answer all the
  // same.
  for (auto& [name, entry] : entries_)
    if (entry.transaction)
      entry.transaction->completion(
          refuse(ESHUTDOWN, Reason::kernel_waits, "nvmeofs is being unmounted"));
}

void Applier::handle(Submitted& submitted) {
  if (auto free = check_nothing_is_restored(submitted.request); !free)
    return refuse_request(submitted.request.about == About::an_export
                              ? entries_.with(submitted.request.serial)
                              : nullptr,
                          submitted.request, submitted.completion, free.error());
  carry_out(submitted);
}

void Applier::carry_out(Submitted& submitted) {
  Request& request = submitted.request;
  if (!request.intent) {
    refuse_request(request.about == About::an_export ? entries_.with(request.serial) : nullptr,
                   request, submitted.completion, request.intent.error());
  } else if (request.about == About::a_port) {
    change_port(request, submitted.completion);
  } else if (std::holds_alternative<TakeTarget>(*request.intent)) {
    take_target(request, std::move(submitted.completion));
  } else if (std::holds_alternative<MakeHost>(*request.intent)) {
    make_host(request, submitted.completion);
  } else if (std::holds_alternative<RemoveHost>(*request.intent)) {
    remove_host(request, submitted.completion);
  } else if (std::holds_alternative<SetHostSetting>(*request.intent)) {
    change_host(request, submitted.completion);
  } else if (std::holds_alternative<MakeExport>(*request.intent)) {
    make_export(request, submitted.completion);
  } else if (std::holds_alternative<RemoveExport>(*request.intent)) {
    remove_export(request, submitted.completion);
  } else if (LiveExport* entry = entries_.with(request.serial); entry == nullptr) {
    refuse_request(nullptr, request, submitted.completion,
                   {ESTALE, Reason::gone, "the export was removed while this file was open"});
  } else if (std::holds_alternative<SetAccess>(*request.intent)) {
    change_access(*entry, request, submitted.completion);
  } else {
    change_export(*entry, request, std::move(submitted.completion));
  }
}

void Applier::make_export(Request& request, const Completion& completion) {
  auto name = Nqn::parse(request.name);
  if (!name) return refuse_request(nullptr, request, completion, name.error());
  if (const auto found = entries_.find(request.name); found != entries_.end())
    return refuse_request(
        nullptr, request, completion,
        {EEXIST, Reason::exists,
         found->second.view.foreign ? "something else has made a subsystem of this name already"
                                    : "it is there already"});
  StoredExport draft{.wanted = {.name = *name,
                                .hosts = {.any = options_.hosts_any, .list = {}},
                                .identity = {.serial = random_serial(), .model = default_model}},
                     .made = std::chrono::system_clock::now()};
  draft.wanted.first().uuid = random_uuid();
  draft.wanted.first().nguid = random_uuid();
  if (auto saved = save_export(request.name, draft, {}); !saved)
    return refuse_request(nullptr, request, completion, saved.error());
  LiveExport& placed = entries_.place(
      request.name, {.wanted = draft.wanted, .made = draft.made, .changed = draft.made});
  placed.looked_after = true;  // there is nothing that an earlier program could have left of it
  accept(&placed, request, completion, "a draft; nothing in the kernel yet");
}

void Applier::remove_export(Request& request, const Completion& completion) {
  const auto found = entries_.find(request.name);
  if (found == entries_.end())
    return refuse_request(nullptr, request, completion,
                          {ENOENT, Reason::gone, "there is no such export"});
  LiveExport& entry = found->second;
  if (entry.view.foreign)
    return refuse_request(&entry, request, completion,
                          {EBUSY, Reason::foreign,
                           "something else made this subsystem; write 0 to its enabled to take it "
                           "over and stop it, or remove it with what made it"});
  if (entry.transaction || entry.view.wanted.enabled || entry.half_done)
    return refuse_request(&entry, request, completion,
                          {EBUSY, Reason::still_enabled, "write 0 to its enabled first"});
  if (auto saved = save_removal(request.name); !saved)
    return refuse_request(&entry, request, completion, saved.error());
  entries_.erase(request.name);
  look_for_foreign();
  accept(nullptr, request, completion, "gone");
}

void Applier::change_access(LiveExport& entry, Request& request, const Completion& completion) {
  if (entry.view.foreign)
    return refuse_request(&entry, request, completion,
                          {EBUSY, Reason::foreign,
                           "something else made this subsystem; write to one of its files to take "
                           "it over first"});
  const std::string& name = entry.view.wanted.name.str();
  AccessOf access = entry.view.access;
  Access& changed = access[request.file];
  changed = changed.with(std::get<SetAccess>(*request.intent).access);
  StoredExport next = stored_.exports.at(name);
  next.access = access;
  if (auto saved = save_export(name, next, {}); !saved)
    return refuse_request(&entry, request, completion, saved.error());
  entry.view.access = std::move(access);
  accept(&entry, request, completion, "");
}

void Applier::change_export(LiveExport& entry, Request& request, Completion completion) {
  // What of it is there has to be known, to be left out of what is asked now.
  if (entry.view.wanted.enabled && !entry.looked_after && options_.look_after) look_after(entry);
  if (entry.transaction)
    return refuse_request(
        &entry, request, completion,
        {EBUSY, Reason::kernel_waits, fmt::format("an earlier change is {}", entry.view.failed)});
  if (auto seen = look(); !seen) return refuse_request(&entry, request, completion, seen.error());

  const auto is_of = [&](const auto& space) { return space.second.serial == request.space; };
  if (request.space != 0 && std::none_of(entry.view.spaces.begin(), entry.view.spaces.end(), is_of))
    return refuse_request(
        &entry, request, completion,
        {ESTALE, Reason::gone, "the namespace was removed while this file was open"});
  const Export& now = entry.view.wanted;
  if (entry.view.foreign && !is_plain(observed_, now.name.str(), environment_.backend.attributes()))
    return refuse_request(&entry, request, completion,
                          {EBUSY, Reason::foreign,
                           "something else made this subsystem, and it holds what an export cannot "
                           "say, or serves no disk at an address of this machine; change it with "
                           "what made it"});

  auto next = changed(now, *request.intent);
  if (!next) return refuse_request(&entry, request, completion, next.error());
  auto transaction =
      std::make_unique<Transaction>(request, std::move(completion), std::move(*next));
  // A claim that was made for nothing ends before the answer: who gets it may try the device at
  // once.
  const auto refuse_it = [&](const Error& error) {
    transaction->claims.clear();
    transaction->controller.reset();
    refuse_request(&entry, request, transaction->completion, error);
  };
  if (auto prepared = prepare(entry, *transaction); !prepared) return refuse_it(prepared.error());
  if (transaction->next.enabled) {
    for (auto& [nsid, space] : transaction->next.spaces)
      if (space.serves() && !transaction->absent.devices.contains(nsid)) space.has_served = true;
    ServedController& controller = transaction->next.controller;
    if (controller.enabled && !transaction->absent.controller) controller.has_served = true;
  }

  const auto* hosts = std::get_if<SetHosts>(&*request.intent);
  const bool forced_out = hosts != nullptr && hosts->force;
  const bool sends_away =
      forced_out && transaction->next.enabled && must_send_hosts_away(transaction->next);
  Plan plan = (sends_away ? plan_sending_hosts_away : plan_to)(observed_, transaction->next,
                                                               removable(), transaction->absent);
  const bool draft = !now.enabled && !transaction->next.enabled && !entry.half_done;
  if (draft) plan.clear();
  const auto* enabling = std::get_if<SetEnabled>(&*request.intent);
  const auto* take_down = std::get_if<TakeDown>(&*request.intent);
  const auto* space = std::get_if<SetNamespaceEnabled>(&*request.intent);
  const auto* taken = std::get_if<TakeExport>(&*request.intent);
  const bool force = forced_out || (enabling != nullptr && enabling->force) ||
                     (space != nullptr && space->force) || (taken != nullptr && taken->force) ||
                     (take_down != nullptr && take_down->force);
  if (auto harmless = check_nobody_loses(entry, transaction->next, plan, force); !harmless)
    return refuse_it(harmless.error());

  // On the disk first. What is lost between here and the kernel is finished at the next start.
  StoredExport stored = stored_after(entry, *transaction);
  if (take_down != nullptr) stored.wanted = now;
  if (auto saved = save_export(now.name.str(), stored, plan); !saved)
    return refuse_it(saved.error());
  if (draft) {
    entry.view.wanted = std::move(transaction->next);
    entry.view.access = stored_.exports.at(now.name.str()).access;
    return accept(&entry, request, transaction->completion, "");
  }
  begin_transaction(entry, std::move(transaction), std::move(plan));
}

Shared Applier::removable() const {
  const bool waiting = std::any_of(entries_.begin(), entries_.end(), [](const auto& named) {
    return named.second.transaction && named.second.transaction->held_up;
  });
  Shared shared = ours_;
  shared.keeps_ports = waiting;
  return shared;
}

}  // namespace nvmeofs
