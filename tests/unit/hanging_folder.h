// A mounted folder in which every look at a name hangs, in a state that no signal ends: FUSE, and
// nobody who answers.
#pragma once

#include <linux/fuse.h>

#include <optional>
#include <string>

#include "nvmeofs/fd.h"
#include "probe_support.h"

namespace nvmeofs::test {

// As root, in a mount namespace of the test's own.
class HangingFolder {
 public:
  explicit HangingFolder(const std::string& path);  // makes it

  // Until somebody has looked, with a bound. Only then does a signal not end the look any more.
  void wait_for_a_victim() { next(); }
  // Every look ends with an error.
  void let_go() { connection_ = Fd(); }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  fuse_in_header next();

  const std::string path_;
  std::optional<MountedAt> mount_;
  Fd connection_;  // closed before the unmounting
};

}  // namespace nvmeofs::test
