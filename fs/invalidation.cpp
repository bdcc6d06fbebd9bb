#include "fs/invalidation.h"

#include <fuse_lowlevel.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <iterator>
#include <vector>

#include "fs/connection_attributes.h"
#include "fs/discovery_attributes.h"
#include "fs/exports_branch.h"
#include "fs/host_attributes.h"
#include "fs/ports_branch.h"

namespace nvmeofs {
namespace {

constexpr std::size_t most_waiting = 4096;

void notify(fuse_session* session, const Notice& notice) {
  int result = 0;
  switch (notice.kind) {
    case Notice::Kind::appeared:
      result = fuse_lowlevel_notify_inval_entry(session, notice.parent, notice.name.c_str(),
                                                notice.name.size());
      break;
    case Notice::Kind::removed:
      result = fuse_lowlevel_notify_delete(session, notice.parent, notice.node, notice.name.c_str(),
                                           notice.name.size());
      break;
    case Notice::Kind::changed:
      result = fuse_lowlevel_notify_inval_inode(session, notice.node, -1, 0);
      break;
  }
  // ENOENT: the kernel does not know the name or the node, so it believes nothing wrong.
  if (result != 0 && result != -ENOENT && result != -ENOSYS)
    spdlog::debug("the kernel could not be told of a change: error {}", -result);
}

// `files`: the nodes of what can be written in the directory of a view.
template <class Views, class NodeOf, class Files>
std::deque<Notice> changes(const Views& before, const Views& after, NodeId directory,
                           NodeOf node_of, Files files) {
  std::deque<Notice> list;
  bool names_changed = false;
  for (const auto& [name, view] : before) {
    const auto now = after.find(name);
    if (now == after.end() || now->second.serial != view.serial) {
      list.push_back({Notice::Kind::removed, node_of(view.serial, 0), directory, name});
      names_changed = true;
    }
  }
  for (const auto& [name, view] : after) {
    const auto then = before.find(name);
    if (then == before.end() || then->second.serial != view.serial) {
      list.push_back({Notice::Kind::appeared, node_of(view.serial, 0), directory, name});
      names_changed = true;
    } else if (then->second.changed != view.changed) {
      for (const unsigned slot : files())
        list.push_back({Notice::Kind::changed, node_of(view.serial, slot), 0, ""});
    }
  }
  if (names_changed) list.push_back({Notice::Kind::changed, directory, 0, ""});
  return list;
}

template <class Rows>
std::vector<unsigned> writable_slots(const Rows& rows) {
  std::vector<unsigned> slots;
  for (unsigned row = 0; row < rows.size(); ++row)
    if (rows[row].store != nullptr) slots.push_back(row + 1);
  return slots;
}

// The states of ANA groups are no rows of a table.
std::deque<Notice> changed_groups(const PortView& before, const PortView& after) {
  std::deque<Notice> list;
  for (AnaGroup group = first_ana_group; group <= last_ana_group; ++group)
    if (before.ana_state(group) != after.ana_state(group))
      list.push_back({Notice::Kind::changed, ana_group_node(after.serial, group), 0, ""});
  return list;
}

// In a directory that goes with what it is in, and changes with it.
struct Named {
  std::uint64_t serial;
  Time changed;
};

std::map<std::string, Named> referrals_of(const PortView& view) {
  std::map<std::string, Named> referrals;
  for (const auto& [name, referral] : view.referrals)
    referrals.emplace(name, Named{referral.serial, view.changed});
  return referrals;
}

// By the names of their directories.
std::map<std::string, Named> exports_of(const Snapshot& snapshot, const ExportNames& names) {
  std::map<std::string, Named> exports;
  for (const auto& [nqn, view] : snapshot.exports)
    exports.emplace(names.name_of(nqn, snapshot.exports), Named{view.serial, view.changed});
  return exports;
}

// They change with the export.
std::map<std::string, Named> spaces_of(const ExportView& view) {
  std::map<std::string, Named> spaces;
  for (const auto& [nsid, space] : view.spaces)
    spaces.emplace(std::to_string(nsid), Named{space.serial, view.changed});
  return spaces;
}

}  // namespace

std::deque<Notice> notices(const Snapshot& before, const Snapshot& after,
                           const ExportNames& names) {
  auto list = changes(exports_of(before, names), exports_of(after, names), exports_node,
                      export_node, [] { return writable_slots(export_attributes()); });
  const auto append = [&](std::deque<Notice> more) {
    list.insert(list.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
  };
  append(changes(before.ports.views, after.ports.views, ports_node, port_node,
                 [] { return writable_slots(port_attributes()); }));
  for (const auto& [name, view] : after.ports.views) {
    const auto then = before.ports.views.find(name);
    if (then == before.ports.views.end() || then->second.serial != view.serial ||
        then->second.changed == view.changed)
      continue;
    append(changed_groups(then->second, view));
    append(changes(referrals_of(then->second), referrals_of(view), referrals_node(view.serial),
                   referral_node, [] {
                     return std::vector<unsigned>{1, 2};
                   }));
  }
  append(changes(before.hosts.views, after.hosts.views, hosts_node, host_node,
                 [] { return writable_slots(host_attributes()); }));
  for (const auto& [name, view] : after.exports) {
    const auto then = before.exports.find(name);
    // Its namespaces come, change and go with it only.
    if (then == before.exports.end() || then->second.serial != view.serial ||
        then->second.changed == view.changed)
      continue;
    append(changes(spaces_of(then->second), spaces_of(view), namespaces_node(view.serial),
                   space_node, [] { return writable_slots(space_attributes()); }));
  }
  return list;
}

std::deque<Notice> notices(const ConnectionsSnapshot& before, const ConnectionsSnapshot& after) {
  return changes(before.connections, after.connections, connections_node, connection_node,
                 [] { return writable_slots(connection_attributes()); });
}

std::deque<Notice> notices(const DiscoveriesSnapshot& before, const DiscoveriesSnapshot& after) {
  return changes(before.discoveries, after.discoveries, discovery_node, discovery_node_of,
                 [] { return writable_slots(discovery_attributes()); });
}

Invalidation::Invalidation(fuse_session* session) : session_(session), thread_([this] { run(); }) {}

Invalidation::~Invalidation() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Invalidation::tell(std::deque<Notice> notices) {
  if (notices.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + notices.size() > most_waiting) return;
    waiting_.insert(waiting_.end(), std::make_move_iterator(notices.begin()),
                    std::make_move_iterator(notices.end()));
  }
  wake_.notify_one();
}

void Invalidation::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const Notice notice = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    notify(session_, notice);
    lock.lock();
  }
}

}  // namespace nvmeofs
