#include <spdlog/spdlog.h>

#include "engine/applier.h"
#include "engine/restore.h"
#include "engine/shared_objects.h"
#include "nvmeofs/text.h"

namespace nvmeofs {

Result<void> Applier::load() {
  auto state = environment_.store.load();
  if (!state) return tl::unexpected(state.error());
  stored_ = std::move(*state);
  const StoredState wanted = taken_back(stored_);
  if (stored_.restoring) {
    stored_.ports = wanted.ports;
    stored_.hosts = wanted.hosts;
  }
  for (const auto& [name, stored] : wanted.exports) {
    ExportView view{.wanted = stored.wanted, .made = stored.made, .changed = stored.made};
    if (stored.wanted.enabled) view.waiting = "not looked at yet";
    view.access = stored.access;
    LiveExport& placed = entries_.place(name, std::move(view));
    for (const auto& [nsid, served] : stored.served)
      if (served.boot_id == environment_.boot_id) placed.spaces[nsid].opened = served;
  }
  // Ours until that is taken back.
  for (const auto& [name, stored] : stored_.exports) {
    if (wanted.exports.contains(name)) continue;
    const auto foreign = stored_.restoring->foreign.find(name);
    const bool was_there = foreign != stored_.restoring->foreign.end();
    ExportView view{.wanted = was_there ? foreign->second.wanted : stored.wanted,
                    .made = stored.made,
                    .changed = stored.made};
    view.wanted.enabled = was_there;
    entries_.place(name, std::move(view));
  }
  return {};
}

std::set<std::string> Applier::modules_loaded() const {
  auto modules = environment_.backend.modules_loaded();
  if (stored_.kernel.boot_id == environment_.boot_id)
    modules.insert(stored_.kernel.modules.begin(), stored_.kernel.modules.end());
  return modules;
}

Result<void> Applier::save(StoredState next, const Plan& plan) {
  next.kernel = stored_objects(ours_, plan, observed_, environment_.boot_id);
  next.kernel.modules = modules_loaded();
  if (auto saved = environment_.store.save(next); !saved) return saved;
  stored_ = std::move(next);
  ours_.wanted_ports = stored_.ports;
  ours_.host_settings = stored_.hosts;
  return {};
}

Result<void> Applier::save_export(const std::string& name, const StoredExport& next,
                                  const Plan& plan) {
  StoredState state = stored_;
  state.exports.insert_or_assign(name, next);
  return save(std::move(state), plan);
}

ServedDisk Applier::opened_by(const Claim& claim) const {
  return {environment_.boot_id, claim.appearance(), claim.bytes()};
}

std::map<Nsid, ServedDisk> Applier::opened(const LiveExport& entry) {
  std::map<Nsid, ServedDisk> all;
  for (const auto& [nsid, space] : entry.spaces)
    if (space.opened) all.emplace(nsid, *space.opened);
  return all;
}

// Whose the files of a namespace are comes and goes with it.
AccessOf Applier::access_after(const LiveExport& entry, const Transaction& transaction) {
  AccessOf access = entry.view.access;
  for (const auto& [nsid, space] : entry.view.wanted.spaces) {
    if (transaction.next.spaces.contains(nsid)) continue;
    const std::string directory = fmt::format("namespaces/{}", nsid);
    std::erase_if(access, [&](const auto& of_file) {
      return of_file.first == directory || of_file.first.starts_with(directory + "/");
    });
  }
  const auto& intent = transaction.request.intent;
  const auto* const made = intent ? std::get_if<MakeNamespace>(&*intent) : nullptr;
  if (made != nullptr) access.insert(made->access.begin(), made->access.end());
  return access;
}

StoredExport Applier::stored_after(const LiveExport& entry, const Transaction& transaction) const {
  StoredExport stored{.wanted = transaction.next,
                      .made = entry.view.made,
                      .served = {},
                      .access = access_after(entry, transaction)};
  if (!stored.wanted.enabled) return stored;
  stored.served = opened(entry);
  for (const auto& [nsid, claim] : transaction.claims)
    stored.served.insert_or_assign(nsid, opened_by(*claim));
  std::erase_if(stored.served, [&](const auto& of_space) {
    const auto space = transaction.next.spaces.find(of_space.first);
    return space == transaction.next.spaces.end() || !space->second.enabled;
  });
  return stored;
}

Result<void> Applier::save_removal(const std::string& name) {
  StoredState state = stored_;
  state.exports.erase(name);
  forget_ports(state);
  return save(std::move(state), {});
}

void Applier::save_as_it_is(const LiveExport& entry) {
  const std::string& name = entry.view.wanted.name.str();
  StoredState state = stored_;
  if (entry.view.foreign) {
    state.exports.erase(name);
  } else if (!is_taken_back(name)) {
    state.exports.insert_or_assign(
        name, StoredExport{entry.view.wanted, entry.view.made, opened(entry), entry.view.access});
  }
  forget_ports(state);
  if (auto saved = save(std::move(state), {}); !saved)
    spdlog::error("{}: {}; until the next change is saved the old state is what a restart finds",
                  printable(name), saved.error().message);
}

}  // namespace nvmeofs
