// Files that come and go, and change their size, at the paths that are of interest.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "alarm.h"
#include "nvmeofs/error.h"
#include "nvmeofs/fd.h"
#include "path_spots.h"

namespace nvmeofs {

// One thread.
class PathEvents {
 public:
  static Result<PathEvents> open();

  int fd() const { return inotify_.get(); }
  int alarm_fd() const { return alarm_.fd(); }

  // The paths from now on. Whether anything may have happened at them that was not told: the first
  // look at a path comes before its watch.
  bool follow(const std::set<std::string>& paths);
  // Takes what has been told, and watches the paths where they lead now. `moved`: they may lead
  // elsewhere without having told so, as after a mount.
  void take(bool moved);

 private:
  explicit PathEvents(Fd inotify) : inotify_(std::move(inotify)) {}
  bool drain();
  Spots spots() const;
  void watch(const Spots& spots);
  bool renew();

  Fd inotify_;
  std::set<std::string> paths_;
  std::map<int, std::uint32_t> watches_;  // watch descriptor → what it waits for
  // A file that is written tells it once and is then left alone until the alarm rings.
  Alarm alarm_;
  bool writes_wait_ = false;
  bool full_ = false;  // that the kernel has no more watches for us has been said
};

}  // namespace nvmeofs
