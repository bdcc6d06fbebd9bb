#include "path_events.h"

#include <spdlog/spdlog.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

constexpr std::uint32_t gone = IN_MOVE_SELF | IN_DELETE_SELF | IN_DONT_FOLLOW;

// Of a file that is removed while the target has it open, IN_ATTRIB tells (its count of links):
// IN_DELETE_SELF waits for the last descriptor. Not IN_CLOSE_WRITE, which an examination of ours
// would cause and be woken by: growth is told by IN_MODIFY, of truncate(2) too.
std::uint32_t mask_of(Spot spot, bool writes_wait) {
  switch (spot) {
    case Spot::passed:
      return gone;
    case Spot::awaiting:
      return gone | IN_CREATE | IN_MOVED_TO;
    case Spot::file:
      return gone | IN_ATTRIB | (writes_wait ? 0U : IN_MODIFY);
  }
  return gone;
}

}  // namespace

Result<PathEvents> PathEvents::open() {
  Fd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return refuse(errno, Reason::internal, "{}", std::strerror(errno));
  return PathEvents(std::move(fd));
}

// Whether something happened, other than the end of a watch that we took off.
bool PathEvents::drain() {
  constexpr int most = 256;
  alignas(inotify_event) std::array<char, 4096> buffer{};
  bool any = false;
  for (int times = 0; times < most; ++times) {
    const ssize_t size = read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) break;
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_IGNORED) != 0) {
        watches_.erase(event.wd);
        continue;
      }
      any = true;
      if ((event.mask & IN_MODIFY) == 0) continue;
      // A file that a host discards blocks of, or that is being copied to, would wake us with each
      // piece (of a served file only discards tell: nvmet writes past the VFS).
      writes_wait_ = true;
      alarm_.ring_in(std::chrono::seconds(1));
    }
  }
  return any;
}

Spots PathEvents::spots() const {
  Spots spots;
  if (paths_.empty()) return spots;
  const auto mounts = mounted();
  if (!mounts) return spots;
  for (const std::string& path : paths_) add_spots(path, *mounts, spots);
  return spots;
}

void PathEvents::watch(const Spots& spots) {
  std::map<int, std::uint32_t> watches;
  for (const auto& [path, spot] : spots) {
    std::uint32_t mask = mask_of(spot, writes_wait_);
    int wd = inotify_add_watch(inotify_.get(), path.c_str(), mask);
    if (wd >= 0 && watches.contains(wd)) {
      // Two names of one thing have one watch, for what both wait for.
      mask |= watches.at(wd);
      wd = inotify_add_watch(inotify_.get(), path.c_str(), mask);
    }
    if (wd >= 0) {
      watches[wd] = mask;
    } else if (errno == ENOSPC && !std::exchange(full_, true)) {
      spdlog::warn("{} and others are not watched: fs.inotify.max_user_watches is reached",
                   printable(path));
    }
  }
  for (const auto& [wd, mask] : watches_) {
    if (!watches.contains(wd)) inotify_rm_watch(inotify_.get(), wd);
  }
  watches_ = std::move(watches);
}

// Looked at again after the watches are there: what happened in between told nobody.
bool PathEvents::renew() {
  constexpr int most = 16;
  bool any = false;
  for (int times = 0; times < most; ++times) {
    const Spots wanted = spots();
    watch(wanted);
    const bool told = drain();
    any = any || told;
    if (!told && spots() == wanted) break;
  }
  return any;
}

bool PathEvents::follow(const std::set<std::string>& paths) {
  if (paths == paths_) return false;
  paths_ = paths;
  renew();
  return true;
}

void PathEvents::take(bool moved) {
  const bool rang = alarm_.take();
  if (rang) writes_wait_ = false;
  const bool told = drain();
  if (rang || told || moved) renew();
}

}  // namespace nvmeofs
