// Into the background, and back with one answer: ready, or the reason why not.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nvmeofs/fd.h"

namespace nvmeofs {

// Told once by the child how it went. Without a parent that waits, it speaks to systemd only.
class Startup {
 public:
  Startup() = default;
  explicit Startup(Fd parent) : parent_(std::move(parent)) {}

  // Lets go of the terminal and of the parent, whose exit status is then 0; READY=1 to systemd.
  // Any thread.
  void ready();
  // On standard error, by the parent if there is one; its exit status is then 1.
  void failed(std::string_view message);

 private:
  Fd parent_;
};

// Forks. In the child, which leads a session of its own with / as its directory: what it reports
// by. In the parent: the exit status, after the child was ready, failed or ended. Only while the
// process has one thread, and before logging and RDMA are begun: neither survives a fork.
struct Forked {
  std::optional<int> parent_status;  // set in the parent
  Startup startup;                   // of the child
};
Forked daemonize();

}  // namespace nvmeofs
