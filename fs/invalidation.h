// Tells the kernel what it may no longer believe, after something changed by another way than the
// request that it is waiting for.
//
// A thread of its own: a notification takes the kernel's lock of the directory, which the caller of
// a request that is not answered yet may hold. Bounded: what finds no room is dropped, as the
// kernel asks again within a second anyway.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "fs/export_names.h"
#include "fs/node.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/discoveries.h"
#include "nvmeofs/snapshot.h"

struct fuse_session;

namespace nvmeofs {

struct Notice {
  enum class Kind { appeared, removed, changed } kind = Kind::changed;
  NodeId node = 0;
  NodeId parent = 0;  // of appeared and removed
  std::string name;   // in it
};

// What to tell of the way from one snapshot to the next. Reports are not kept by the kernel.
std::deque<Notice> notices(const Snapshot& before, const Snapshot& after, const ExportNames& names);
std::deque<Notice> notices(const ConnectionsSnapshot& before, const ConnectionsSnapshot& after);
std::deque<Notice> notices(const DiscoveriesSnapshot& before, const DiscoveriesSnapshot& after);

class Invalidation {
 public:
  explicit Invalidation(fuse_session* session);  // which outlives it
  ~Invalidation();                               // what waits is dropped
  Invalidation(const Invalidation&) = delete;
  Invalidation& operator=(const Invalidation&) = delete;

  // Any thread; returns at once.
  void tell(std::deque<Notice> notices);

 private:
  void run();

  fuse_session* const session_;
  std::mutex mutex_;  // a leaf; never held while the kernel is told
  std::condition_variable wake_;
  std::deque<Notice> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace nvmeofs
