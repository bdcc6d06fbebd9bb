// Keeps a picture of nvmet's tree true, at the cost of what changed: inotify tells which subsystem,
// port or host to read again.
#pragma once

#include <map>
#include <set>
#include <string>

#include "nvmeofs/error.h"
#include "nvmeofs/fd.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

// One thread, but for fd().
//
// Inotify on configfs works on directories only (nvmet-rules.md 4): mkdir, rmdir, symlink and
// unlink are told in the parent, a store as MODIFY of the file's directory. Hosts that connect and
// devices that go are told by nothing.
class Observer {
 public:
  explicit Observer(std::string root);  // "/sys/kernel/config/nvmet"
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  // Empty while the module is not loaded.
  Result<Target> observe();

  // Backend::leave_alone().
  void leave_alone(const std::set<std::string>& subsystems) { left_alone_ = subsystems; }

  // Readable when something changed since the last observe().
  int fd() const { return fd_.get(); }

 private:
  // What a watch makes dirty.
  struct Subject {
    enum class Kind { lists, subsystem, port, host } kind = Kind::lists;
    std::string name;
  };

  void drain();
  void watch(const std::string& path, const Subject& subject);
  Result<void> read_lists();
  Result<void> read_subsystem(const std::string& nqn);
  Result<void> read_port(const std::string& id);
  Result<void> read_host(const std::string& nqn);
  void forget_everything();

  const std::string root_;
  Fd fd_;
  std::map<int, Subject> watches_;
  Target target_;
  bool lists_dirty_ = true;
  std::set<std::string> dirty_subsystems_;
  std::set<std::string> dirty_ports_;
  std::set<std::string> dirty_hosts_;
  std::set<std::string> left_alone_;
};

}  // namespace nvmeofs
