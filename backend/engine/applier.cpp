#include "engine/applier.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>

#include "engine/changes.h"
#include "engine/transaction.h"
#include "nvmeofs/plan.h"
#include "nvmeofs/text.h"

namespace nvmeofs {

namespace {

constexpr std::size_t log_length = 256;

std::string description(const Request& request) {
  if (request.file.empty())
    return fmt::format(
        "{} exports/{}",
        request.intent && std::holds_alternative<RemoveExport>(*request.intent) ? "rmdir" : "mkdir",
        request.name);
  return fmt::format("exports/{}/{} = {}", request.name, request.file, request.value);
}

std::string names_of(const std::vector<Client>& clients) {
  constexpr std::size_t enough = 4;
  std::string names;
  for (std::size_t i = 0; i < std::min(clients.size(), enough); ++i)
    names +=
        fmt::format("{}{}{}", i == 0 ? "" : ", ",
                    clients[i].host_nqn.empty() ? clients[i].peer : printable(clients[i].host_nqn),
                    clients[i].certainty == Certainty::likely ? " (likely)" : "");
  if (clients.size() > enough) names += fmt::format(" and {} more", clients.size() - enough);
  return names;
}

}  // namespace

Applier::Applier(Environment environment, EngineOptions options, std::shared_ptr<Mailbox> mailbox,
                 Publish publish)
    : environment_(std::move(environment)),
      options_(options),
      mailbox_(std::move(mailbox)),
      publish_(std::move(publish)) {}

Applier::~Applier() = default;

Result<void> Applier::begin() {
  if (auto seen = look(); !seen) return seen;
  publish();
  return {};
}

void Applier::run() {
  for (;;) {
    Event event = mailbox_->take();
    if (std::holds_alternative<Stop>(event)) break;
    if (auto* submitted = std::get_if<Submitted>(&event)) handle(*submitted);
    if (const auto* ended = std::get_if<StepsEnded>(&event))
      if (Entry* entry = find(ended->serial); entry != nullptr && entry->transaction)
        advance(*entry);
    if (std::holds_alternative<KernelChanged>(event))
      if (look()) publish();
  }
  for (auto& event : mailbox_->drain())
    if (auto* submitted = std::get_if<Submitted>(&event))
      submitted->completion(refuse(ESHUTDOWN, Reason::gone, "nvmeofs is being unmounted"));
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
  Request& request = submitted.request;
  if (!request.intent) {
    refuse_request(find(request.serial), request, submitted.completion, request.intent.error());
  } else if (std::holds_alternative<MakeExport>(*request.intent)) {
    make_export(request, submitted.completion);
  } else if (std::holds_alternative<RemoveExport>(*request.intent)) {
    remove_export(request, submitted.completion);
  } else if (Entry* entry = find(request.serial); entry == nullptr) {
    refuse_request(nullptr, request, submitted.completion,
                   {ESTALE, Reason::gone, "the export was removed while this file was open"});
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
  const auto now = std::chrono::system_clock::now();
  Entry& placed =
      entries_
          .try_emplace(request.name,
                       ExportView{.serial = ++last_serial_,
                                  .foreign = false,
                                  .wanted = {.name = *name,
                                             .device = {},
                                             .addresses = {},
                                             .hosts = {.any = options_.hosts_any, .list = {}},
                                             .enabled = false,
                                             .identity = environment_.new_identity()},
                                  .made = now,
                                  .changed = now,
                                  .refused = {},
                                  .failed = {}})
          .first->second;
  accept(&placed, request, completion, "a draft; nothing in the kernel yet");
}

void Applier::remove_export(Request& request, const Completion& completion) {
  const auto found = entries_.find(request.name);
  if (found == entries_.end())
    return refuse_request(nullptr, request, completion,
                          {ENOENT, Reason::gone, "there is no such export"});
  Entry& entry = found->second;
  if (entry.view.foreign)
    return refuse_request(&entry, request, completion,
                          {EBUSY, Reason::foreign,
                           "something else made this subsystem; write 0 to its enabled to take it "
                           "over and stop it, or remove it with what made it"});
  if (entry.transaction || entry.view.wanted.enabled || entry.half_done)
    return refuse_request(&entry, request, completion,
                          {EBUSY, Reason::still_enabled, "write 0 to its enabled first"});
  entries_.erase(found);
  look_for_foreign();
  accept(nullptr, request, completion, "gone");
}

void Applier::change_export(Entry& entry, Request& request, Completion completion) {
  if (entry.transaction)
    return refuse_request(
        &entry, request, completion,
        {EBUSY, Reason::kernel_waits, fmt::format("an earlier change is {}", entry.view.failed)});
  if (auto seen = look(); !seen) return refuse_request(&entry, request, completion, seen.error());

  const Export now = entry.view.wanted;
  if (entry.view.foreign && !is_plain(observed_, now.name.str()))
    return refuse_request(&entry, request, completion,
                          {EBUSY, Reason::foreign,
                           "something else made this subsystem, and it holds more or less than one "
                           "disk at addresses of this machine; change it with what made it"});

  auto next = changed(now, *request.intent);
  if (!next) return refuse_request(&entry, request, completion, next.error());
  auto transaction =
      std::make_unique<Transaction>(request, std::move(completion), std::move(*next));

  const auto prepared = [&]() -> Result<void> {
    if (auto free = check_name_is_free(entry, now); !free) return free;
    if (auto checked = check_addresses(now, transaction->next); !checked) return checked;
    return prepare_device(entry, now, *transaction);
  }();
  // A claim that was made for nothing ends before the answer: who gets it may try the device at
  // once.
  const auto refuse_it = [&](const Error& error) {
    transaction->claim.reset();
    refuse_request(&entry, request, transaction->completion, error);
  };
  if (!prepared) return refuse_it(prepared.error());

  if (!now.enabled && !transaction->next.enabled && !entry.half_done) {
    entry.view.wanted = std::move(transaction->next);
    return accept(&entry, request, transaction->completion, "");
  }

  const Plan plan = make_plan(observed_, with_export(observed_, transaction->next, removable()));
  const auto* enabling = std::get_if<SetEnabled>(&*request.intent);
  const bool force = enabling != nullptr && enabling->force;
  if (auto harmless = check_nobody_loses(entry, transaction->next, plan, force); !harmless)
    return refuse_it(harmless.error());

  begin_transaction(entry, std::move(transaction));
}

Result<void> Applier::check_name_is_free(const Entry& entry, const Export& now) {
  if (now.enabled || entry.half_done || !observed_.subsystems.contains(now.name.str())) return {};
  return refuse(
      EBUSY, Reason::foreign,
      "something else has made a subsystem of this name meanwhile; remove that one, or remove "
      "this draft to see it");
}

Result<void> Applier::check_addresses(const Export& now, const Export& next) {
  const bool enabling = next.enabled && !now.enabled;
  for (const auto& address : next.addresses) {
    const bool known =
        std::find(now.addresses.begin(), now.addresses.end(), address) != now.addresses.end();
    if (known && !enabling) continue;
    if (auto checked = environment_.addresses.check(address); !checked) return checked;
    if (next.enabled)
      if (auto module = environment_.backend.need_transport(address.trtype); !module) return module;
  }
  return {};
}

Result<void> Applier::check_not_served(const Entry& entry, const DeviceId& device) {
  for (const auto& [name, other] : entries_) {
    if (&other == &entry) continue;
    if (other.claim && other.claim->device().overlaps(device))
      return refuse(EBUSY, Reason::device_served, "the export {} serves it already",
                    printable(name));
    if (!other.view.foreign) continue;
    const auto found = observed_.subsystems.find(name);
    if (found == observed_.subsystems.end()) continue;
    for (const auto& [nsid, space] : found->second.namespaces) {
      if (!space.enabled) continue;
      const auto theirs = environment_.devices.identify(attribute(space.attributes, "device_path"));
      if (theirs && theirs->overlaps(device))
        return refuse(EBUSY, Reason::device_served,
                      "the subsystem {}, made by something else, serves it already",
                      printable(name));
    }
  }
  return {};
}

Result<void> Applier::prepare_device(Entry& entry, const Export& now, Transaction& transaction) {
  Export& next = transaction.next;
  const bool other_path = next.device != now.device;
  const bool enabling = next.enabled && (!now.enabled || entry.view.foreign || !entry.claim);
  if (!next.device || !(other_path || enabling)) return {};

  auto id = environment_.devices.identify(next.device->path());
  if (!id) return tl::unexpected(id.error());
  if (entry.claim && entry.claim->device().same(*id))
    return {};  // another name of what it serves already
  if (auto free = check_not_served(entry, *id); !free) return free;

  if (!next.enabled) {
    if (auto examined = environment_.devices.examine(*next.device); !examined)
      return tl::unexpected(examined.error());
    return {};
  }
  auto claim = environment_.devices.claim(*next.device);
  if (!claim) return tl::unexpected(claim.error());
  transaction.claim = std::move(*claim);
  if (!transaction.claim->device().same(*id))
    return refuse(EBUSY, Reason::device_in_use,
                  "led to another device while it was being checked; write it again");
  // A host that comes back after an outage would go on with its cached blocks on another disk's
  // data, if that disk had the identity of the one it knew.
  if (now.enabled && other_path) next.identity.uuid = environment_.new_identity().uuid;
  return {};
}

Result<void> Applier::check_nobody_loses(const Entry& entry, const Export& next, const Plan& plan,
                                         bool force) {
  if (force || plan.empty()) return {};
  const std::string& name = next.name.str();
  const auto clients = environment_.sessions.clients(observed_, name);
  const char* const way_out = next.enabled ? "disconnect them there, or write 0 to enabled first"
                                           : "disconnect them there, or write '0 force'";
  if (!clients) {
    if (ports_of(observed_, name).empty()) return {};
    return refuse(EBUSY, Reason::hosts_connected,
                  "it cannot be known whether hosts are connected ({}); {}",
                  clients.error().message, way_out);
  }
  const auto losers = who_would_lose(*clients, plan, observed_, name,
                                     next.enabled ? next.hosts : entry.view.wanted.hosts);
  if (losers.empty()) return {};
  return refuse(EBUSY, Reason::hosts_connected, "connected: {}; {}", names_of(losers), way_out);
}

Shared Applier::removable() const {
  const bool waiting = std::any_of(entries_.begin(), entries_.end(), [](const auto& named) {
    return named.second.transaction && named.second.transaction->held_up;
  });
  return waiting ? Shared{.ports = {}, .hosts = ours_.hosts} : ours_;
}

Result<void> Applier::look() {
  std::set<std::string> waiting;
  for (const auto& [name, entry] : entries_)
    if (entry.transaction && entry.transaction->held_up) waiting.insert(name);
  environment_.backend.leave_alone(waiting);
  auto target = environment_.backend.observe();
  if (!target) {
    spdlog::error("cannot read the kernel's target: {}", target.error().message);
    return tl::unexpected(target.error());
  }
  observed_ = std::move(*target);
  look_for_foreign();
  return {};
}

void Applier::look_for_foreign() {
  std::erase_if(entries_, [&](const auto& named) {
    return named.second.view.foreign && !named.second.transaction &&
           !observed_.subsystems.contains(named.first);
  });
  const auto now = std::chrono::system_clock::now();
  for (const auto& [name, subsystem] : observed_.subsystems) {
    Export seen = recognise(observed_, Nqn::of_kernel(name));
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      entries_.try_emplace(name, ExportView{.serial = ++last_serial_,
                                            .foreign = true,
                                            .wanted = std::move(seen),
                                            .made = now,
                                            .changed = now,
                                            .refused = {},
                                            .failed = {}});
      continue;
    }
    ExportView& view = found->second.view;
    if (!view.foreign || found->second.transaction || view.wanted == seen) continue;
    view.wanted = std::move(seen);
    view.changed = now;
  }
}

void Applier::publish() {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->generation = ++generation_;
  for (const auto& [name, entry] : entries_) snapshot->exports.emplace(name, entry.view);
  snapshot->observed = observed_;
  snapshot->ours = ours_;
  snapshot->log = log_;
  publish_(std::move(snapshot));
}

void Applier::accept(Entry* entry, const Request& request, const Completion& completion,
                     std::string text) {
  Record record{.when = std::chrono::system_clock::now(),
                .caller = request.caller,
                .what = description(request),
                .errnum = 0,
                .reason = {},
                .text = std::move(text)};
  if (entry != nullptr) {
    entry->view.refused.reset();
    entry->view.changed = record.when;
  }
  keep(std::move(record));
  publish();
  completion({});
}

void Applier::refuse_request(Entry* entry, const Request& request, const Completion& completion,
                             Error error) {
  Record record{.when = std::chrono::system_clock::now(),
                .caller = request.caller,
                .what = description(request),
                .errnum = error.errnum,
                .reason = error.reason,
                .text = error.message};
  if (entry != nullptr) entry->view.refused = record;
  keep(std::move(record));
  publish();
  completion(tl::unexpected(std::move(error)));
}

void Applier::keep(Record record) {
  const std::string who = fmt::format("uid {} pid {} ({})", record.caller.uid, record.caller.pid,
                                      printable(record.caller.command));
  if (record.errnum == 0)
    spdlog::info("{}: {}{}{}", who, printable(record.what), record.text.empty() ? "" : ": ",
                 record.text);
  else
    spdlog::warn("{}: {}: refused, {} {}: {}", who, printable(record.what),
                 errno_name(record.errnum), to_string(record.reason), printable(record.text, 1024));
  log_.push_back(std::move(record));
  if (log_.size() > log_length) log_.pop_front();
}

Applier::Entry* Applier::find(std::uint64_t serial) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& named) {
    return named.second.view.serial == serial;
  });
  return found != entries_.end() ? &found->second : nullptr;
}

}  // namespace nvmeofs
