#include <fmt/chrono.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "connect/connector.h"
#include "connect/reconcile.h"
#include "nvmeofs/connection_option.h"

namespace nvmeofs::connector {
namespace {

// The caller is to leave a secret out of `value`; that it is not here does not hang on it.
std::string description(const ConnectionRequest& request) {
  constexpr std::string_view options = "options/";
  if (request.file.empty())
    return fmt::format("{} connections/{}",
                       request.intent && std::holds_alternative<RemoveConnection>(*request.intent)
                           ? "rmdir"
                           : "mkdir",
                       request.name);
  if (request.name.empty()) return fmt::format("connections/{}", request.file);
  bool secret = false;
  if (request.file.starts_with(options)) {
    const auto* const option = find_connection_option(request.file.substr(options.size()));
    secret = option == nullptr || option->secret();
  }
  return fmt::format("connections/{}/{} = {}", request.name, request.file,
                     secret ? "…" : request.value);
}

std::map<TransportAddress, std::string> troubles(const LiveConnection& entry) {
  std::map<TransportAddress, std::string> result;
  for (const auto& [address, path] : entry.paths) {
    std::string text = path.trouble;
    if (path.trying) {
      text += text.empty() ? "being tried" : "; being tried again";
    } else if (!text.empty()) {
      text += fmt::format("; tried again at {:%FT%TZ}",
                          fmt::gmtime(std::chrono::system_clock::to_time_t(path.due_at)));
    }
    if (!text.empty()) result.emplace(address, std::move(text));
  }
  return result;
}

}  // namespace

Result<void> Connector::look() {
  auto topology = environment_.initiator.observe();
  if (!topology) {
    spdlog::error("cannot read the kernel's NVMe controllers: {}", topology.error().message);
    return tl::unexpected(topology.error());
  }
  if (*topology == observed_) return {};
  observed_ = std::move(*topology);
  unpublished_ = true;
  // Gone counts before the call that ended it has come back: whoever was told so may go on.
  for (auto& [name, entry] : entries_)
    std::erase_if(entry.leaving, [&](const auto& controller) {
      return !observed_.controllers.contains(controller.first);
    });
  look_for_foreign();
  return {};
}

void Connector::look_for_foreign() {
  std::set<std::string> ours;
  for (const auto& [name, entry] : entries_)
    if (!entry.view.foreign || entry.change) ours.insert(entry.view.wanted.subsystem().str());
  auto found = foreign_connections(observed_, ours);

  std::vector<std::string> gone;
  for (const auto& [name, entry] : entries_)
    if (entry.view.foreign && !entry.change && !found.contains(name)) gone.push_back(name);
  for (const auto& name : gone) entries_.erase(name);

  const auto now = std::chrono::system_clock::now();
  for (auto& [name, seen] : found) {
    const auto entry = entries_.find(name);
    if (entry == entries_.end()) {
      entries_.place(name,
                     {.foreign = true, .wanted = std::move(seen), .made = now, .changed = now});
    } else if (ConnectionView& view = entry->second.view; view.foreign && view.wanted != seen) {
      view.wanted = std::move(seen);
      view.changed = now;
    }
  }
}

void Connector::publish() {
  auto snapshot = std::make_shared<ConnectionsSnapshot>();
  snapshot->generation = ++generation_;
  for (const auto& [name, entry] : entries_) {
    ConnectionView view = entry.view;
    view.wanted = without_secrets(std::move(view.wanted));
    view.trouble = troubles(entry);
    snapshot->connections.emplace(name, std::move(view));
  }
  snapshot->names = entries_.names();
  snapshot->observed = observed_;
  snapshot->log = log_.records();
  snapshot->tally = log_.tally();
  unpublished_ = false;
  publish_(std::move(snapshot));
}

void Connector::accept(LiveConnection* entry, const Submitted& submitted, std::string text) {
  Record record =
      record_of_done(submitted.request.caller, description(submitted.request), std::move(text));
  if (entry != nullptr) {
    entry->view.refused.reset();
    entry->view.changed = record.when;
  }
  log_.keep(std::move(record));
  publish();
  submitted.completion({});
}

void Connector::refuse_request(LiveConnection* entry, const Submitted& submitted, Error error) {
  Record record =
      record_of_refusal(submitted.request.caller, description(submitted.request), error);
  if (entry != nullptr) entry->view.refused = record;
  log_.keep(std::move(record));
  publish();
  submitted.completion(tl::unexpected(std::move(error)));
}

}  // namespace nvmeofs::connector
