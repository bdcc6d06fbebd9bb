#include <spdlog/spdlog.h>
#include <unistd.h>

#include "discover/discoverer.h"
#include "nvmeofs/text.h"

namespace nvmeofs::discoverer {
namespace {

constexpr std::size_t log_length = 256;

std::string description(const DiscoveryRequest& request) {
  if (!request.file.empty())
    return fmt::format("discovery/{}/{} = {}", request.name, request.file, request.value);
  const bool removes = request.intent && std::holds_alternative<RemoveDiscovery>(*request.intent);
  return fmt::format("{} discovery/{}", removes ? "rmdir" : "mkdir", request.name);
}

Record record_of(const Submitted& submitted, std::string text) {
  return {.when = std::chrono::system_clock::now(),
          .caller = submitted.request.caller,
          .what = description(submitted.request),
          .errnum = 0,
          .reason = {},
          .text = std::move(text)};
}

}  // namespace

Caller ourselves() {
  return {.uid = ::geteuid(), .pid = ::getpid(), .command = "nvmeofs"};
}

Result<void> Discoverer::load() {
  auto loaded = environment_.store.load_discoveries();
  if (!loaded) return tl::unexpected(loaded.error());
  stored_ = *std::move(loaded);
  for (const auto& [name, stored] : stored_) {
    DiscoveryView view;
    view.wanted = stored.wanted;
    view.made = view.changed = stored.made;
    place(std::move(view));
  }
  return {};
}

Result<void> Discoverer::save(LiveDiscovery& entry, const Discovery& next) {
  auto all = stored_;
  all.insert_or_assign(next.name, StoredDiscovery{next, entry.view.made});
  if (auto saved = environment_.store.save_discoveries(all); !saved) return saved;
  stored_ = std::move(all);
  entry.view.wanted = next;
  return {};
}

Result<void> Discoverer::save_removal(const std::string& name) {
  auto all = stored_;
  all.erase(name);
  if (auto saved = environment_.store.save_discoveries(all); !saved) return saved;
  stored_ = std::move(all);
  return {};
}

void Discoverer::publish() {
  auto snapshot = std::make_shared<DiscoveriesSnapshot>();
  snapshot->generation = ++generation_;
  for (const auto& [name, entry] : entries_) snapshot->discoveries.emplace(name, entry.view);
  snapshot->names = names_;
  snapshot->log = log_;
  unpublished_ = false;
  publish_(std::move(snapshot));
}

void Discoverer::accept(LiveDiscovery* entry, const Submitted& submitted, std::string text) {
  Record done = record_of(submitted, std::move(text));
  if (entry != nullptr) {
    entry->view.refused.reset();
    entry->view.changed = done.when;
  }
  keep(std::move(done));
  publish();
  submitted.completion({});
}

void Discoverer::refuse_request(LiveDiscovery* entry, const Submitted& submitted, Error error) {
  Record refused = record_of(submitted, error.message);
  refused.errnum = error.errnum;
  refused.reason = error.reason;
  if (entry != nullptr) entry->view.refused = refused;
  keep(std::move(refused));
  publish();
  submitted.completion(tl::unexpected(std::move(error)));
}

Record Discoverer::unreached(const LiveDiscovery& entry, const Error& error) {
  return {.when = std::chrono::system_clock::now(),
          .caller = ourselves(),
          .what = fmt::format("fetch discovery/{}", entry.view.wanted.name),
          .errnum = error.errnum,
          .reason = error.reason,
          .text = error.message};
}

void Discoverer::keep(Record record) {
  const std::string who = fmt::format("uid {} pid {} ({})", record.caller.uid, record.caller.pid,
                                      printable(record.caller.command));
  if (record.errnum == 0)
    spdlog::info("{}: {}{}{}", who, printable(record.what), record.text.empty() ? "" : ": ",
                 printable(record.text, 1024));
  else
    spdlog::warn("{}: {}: refused, {} {}: {}", who, printable(record.what),
                 errno_name(record.errnum), to_string(record.reason), printable(record.text, 1024));
  log_.push_back(std::move(record));
  if (log_.size() > log_length) log_.pop_front();
}

}  // namespace nvmeofs::discoverer
