#include <unistd.h>

#include "discover/discoverer.h"

namespace nvmeofs::discoverer {
namespace {

std::string description(const DiscoveryRequest& request) {
  if (request.name.empty()) return fmt::format("discovery/{}", request.file);
  if (!request.file.empty())
    return fmt::format("discovery/{}/{} = {}", request.name, request.file, request.value);
  const bool removes = request.intent && std::holds_alternative<RemoveDiscovery>(*request.intent);
  return fmt::format("{} discovery/{}", removes ? "rmdir" : "mkdir", request.name);
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
    entries_.place(name, std::move(view));
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
  snapshot->names = entries_.names();
  snapshot->log = log_.records();
  snapshot->tally = log_.tally();
  unpublished_ = false;
  publish_(std::move(snapshot));
}

void Discoverer::accept(LiveDiscovery* entry, const Submitted& submitted, std::string text) {
  Record done =
      record_of_done(submitted.request.caller, description(submitted.request), std::move(text));
  if (entry != nullptr) {
    entry->view.refused.reset();
    entry->view.changed = done.when;
  }
  log_.keep(std::move(done));
  publish();
  submitted.completion({});
}

void Discoverer::refuse_request(LiveDiscovery* entry, const Submitted& submitted, Error error) {
  Record refused =
      record_of_refusal(submitted.request.caller, description(submitted.request), error);
  if (entry != nullptr) entry->view.refused = refused;
  log_.keep(std::move(refused));
  publish();
  submitted.completion(tl::unexpected(std::move(error)));
}

Record Discoverer::unreached(const LiveDiscovery& entry, const Error& error) {
  return record_of_refusal(ourselves(), fmt::format("fetch discovery/{}", entry.view.wanted.name),
                           error);
}

}  // namespace nvmeofs::discoverer
