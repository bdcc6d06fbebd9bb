#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/applier.h"

namespace nvmeofs {
namespace {

// How old a picture may be while many exports come up by themselves: each one is a copy of all.
constexpr std::chrono::milliseconds picture_age{50};

// As a person would type it: "chown 1000:100", "chmod 0664".
std::string in_words(const Access& access) {
  std::string words;
  if (access.uid || access.gid)
    words = fmt::format("chown {}{}{}", access.uid ? std::to_string(*access.uid) : "",
                        access.gid ? ":" : "", access.gid ? std::to_string(*access.gid) : "");
  if (access.mode)
    words += fmt::format("{}chmod {:04o}", words.empty() ? "" : " and ", *access.mode);
  return words;
}

std::string description(const Request& request) {
  if (request.about == About::the_target) return "config.json";
  if (request.intent && std::holds_alternative<TakeExport>(*request.intent))
    return fmt::format("exports/{} as config.json has it", request.name);
  if (request.about == About::a_port && request.file.empty())
    return fmt::format("mkdir or rmdir of ports/{}", request.name);
  if (request.about == About::a_host && request.file.empty())
    return fmt::format(
        "{} hosts/{}",
        request.intent && std::holds_alternative<RemoveHost>(*request.intent) ? "rmdir" : "mkdir",
        request.name);
  if (request.about == About::a_host)
    return fmt::format("hosts/{}/{} = {}", request.name, request.file, request.value);
  const bool refers = request.intent && std::holds_alternative<MakeReferral>(*request.intent);
  if (refers || (request.intent && std::holds_alternative<RemoveReferral>(*request.intent)))
    return fmt::format("{} ports/{}/{}", refers ? "mkdir" : "rmdir", request.name, request.file);
  if (request.about == About::a_port)
    return fmt::format("ports/{}/{} = {}", request.name, request.file, request.value);
  const auto* const access = request.intent ? std::get_if<SetAccess>(&*request.intent) : nullptr;
  if (access != nullptr)
    return fmt::format("{} exports/{}{}{}", in_words(access->access), request.name,
                       request.file.empty() ? "" : "/", request.file);
  const bool made = request.intent && std::holds_alternative<MakeNamespace>(*request.intent);
  if (made || (request.intent && std::holds_alternative<RemoveNamespace>(*request.intent)))
    return fmt::format("{} exports/{}/{}", made ? "mkdir" : "rmdir", request.name, request.file);
  if (request.file.empty())
    return fmt::format(
        "{} exports/{}",
        request.intent && std::holds_alternative<RemoveExport>(*request.intent) ? "rmdir" : "mkdir",
        request.name);
  return fmt::format("exports/{}/{} = {}", request.name, request.file, request.value);
}

}  // namespace

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
  std::vector<std::string> gone;
  for (const auto& [name, entry] : entries_)
    if (entry.view.foreign && !entry.transaction && !observed_.subsystems.contains(name))
      gone.push_back(name);
  for (const auto& name : gone) entries_.erase(name);

  const auto now = std::chrono::system_clock::now();
  for (const auto& [name, subsystem] : observed_.subsystems) {
    const auto found = entries_.find(name);
    if (found != entries_.end() && (!found->second.view.foreign || found->second.transaction))
      continue;
    Export seen = recognise(observed_, Nqn::of_kernel(name), environment_.backend.attributes());
    if (found == entries_.end()) {
      entries_.place(name,
                     {.foreign = true, .wanted = std::move(seen), .made = now, .changed = now});
    } else if (ExportView& view = found->second.view; view.wanted != seen) {
      view.wanted = std::move(seen);
      view.changed = now;
    }
  }
}

void Applier::look_for_spaces() {
  const auto now = std::chrono::system_clock::now();
  for (auto& [name, entry] : entries_) {
    ExportView& view = entry.view;
    std::erase_if(view.spaces,
                  [&](const auto& space) { return !view.wanted.spaces.contains(space.first); });
    for (const auto& [nsid, space] : view.wanted.spaces)
      if (!view.spaces.contains(nsid)) view.spaces[nsid] = {.serial = ++last_space_, .made = now};
  }
}

std::shared_ptr<Snapshot> Applier::picture() {
  look_for_ports();
  look_for_spaces();
  look_for_hosts();
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->generation = generation_;
  for (const auto& [name, entry] : entries_) {
    ExportView& shown = snapshot->exports.emplace(name, entry.view).first->second;
    for (auto& [nsid, space] : shown.spaces)
      if (const Claim* const held = entry.claim(nsid)) space.device = held->device();
    for (const auto& [nsid, space] : entry.view.spaces)
      snapshot->spaces.emplace(space.serial, SpacePlace{name, nsid});
  }
  snapshot->names = entries_.names();
  for (const auto& [name, entry] : ports_) snapshot->ports.views.emplace(name, entry.view);
  snapshot->ports.names = ports_.names();
  for (const auto& [place, referral] : referrals_)
    snapshot->ports.referrals.emplace(referral.serial, ReferralPlace{place.first, place.second});
  for (const auto& [name, entry] : hosts_) snapshot->hosts.views.emplace(name, entry.view);
  snapshot->hosts.names = hosts_.names();
  snapshot->observed = observed_;
  snapshot->ours = ours_;
  snapshot->log = log_.records();
  snapshot->tally = log_.tally();
  snapshot->steps = steps_;
  return snapshot;
}

void Applier::publish() {
  ++generation_;
  publish_(picture());
  unpublished_ = false;
  published_ = std::chrono::steady_clock::now();
  std::set<std::string> paths;
  for (const auto& [name, entry] : entries_) {
    if (!entry.view.wanted.enabled || entry.view.foreign) continue;
    for (const auto& [nsid, space] : entry.view.wanted.spaces)
      if (space.serves()) paths.insert(space.device->path());
    if (const auto& controller = entry.view.wanted.controller; controller.enabled)
      paths.insert(controller.device->path());
  }
  if (paths == followed_) return;
  environment_.watch.follow(paths);
  followed_ = std::move(paths);
}

void Applier::publish_soon() {
  if (!unpublished_) return;
  if (to_look_after_.empty() || std::chrono::steady_clock::now() - published_ > picture_age)
    publish();
}

void Applier::accept(LiveExport* entry, const Request& request, const Completion& completion,
                     std::string text) {
  Record record = record_of_done(request.caller, description(request), std::move(text));
  if (entry != nullptr) {
    entry->view.refused.reset();
    entry->view.changed = record.when;
  }
  log_.keep(std::move(record));
  unpublished_ = true;
  if (!completion) return publish_soon();
  publish();
  completion({});
}

void Applier::refuse_request(LiveExport* entry, const Request& request,
                             const Completion& completion, Error error) {
  Record record = record_of_refusal(request.caller, description(request), error);
  if (entry != nullptr) entry->view.refused = record;
  log_.keep(std::move(record));
  unpublished_ = true;
  if (!completion) return publish_soon();
  publish();
  completion(tl::unexpected(std::move(error)));
}

}  // namespace nvmeofs
