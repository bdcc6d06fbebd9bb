#include "fs/invalidation.h"

#include <fuse_lowlevel.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <iterator>

namespace nvmeofs {
namespace {

constexpr std::size_t most_waiting = 4096;

void notify(fuse_session* session, const Notice& notice) {
  int result = 0;
  switch (notice.kind) {
    case Notice::Kind::appeared:
      result = fuse_lowlevel_notify_inval_entry(session, exports_node, notice.name.c_str(),
                                                notice.name.size());
      break;
    case Notice::Kind::removed:
      result = fuse_lowlevel_notify_delete(session, exports_node, notice.node, notice.name.c_str(),
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

}  // namespace

std::deque<Notice> notices(const Snapshot& before, const Snapshot& after) {
  std::deque<Notice> list;
  bool names_changed = false;
  for (const auto& [name, view] : before.exports) {
    const auto now = after.exports.find(name);
    if (now == after.exports.end() || now->second.serial != view.serial) {
      list.push_back({Notice::Kind::removed, export_node(view.serial), name});
      names_changed = true;
    }
  }
  const auto rows = export_attributes();
  for (const auto& [name, view] : after.exports) {
    const auto then = before.exports.find(name);
    if (then == before.exports.end() || then->second.serial != view.serial) {
      list.push_back({Notice::Kind::appeared, export_node(view.serial), name});
      names_changed = true;
    } else if (then->second.changed != view.changed) {
      for (unsigned row = 0; row < rows.size(); ++row)
        if (rows[row].kind != Kind::report)
          list.push_back({Notice::Kind::changed, export_node(view.serial, row + 1), ""});
    }
  }
  if (names_changed) list.push_back({Notice::Kind::changed, exports_node, ""});
  return list;
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
