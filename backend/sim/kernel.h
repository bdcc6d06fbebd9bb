// nvmet in memory: a configfs tree that refuses what Linux 6.12 refuses, with its errno.
//
// The operations are system calls with paths relative to nvmet's root ("subsystems/toto"). What is
// modelled is what nvmeofs reads and writes: subsystems, namespaces, ports, hosts and their links.
// Any thread may call; the one lock is a leaf.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/target.h"
#include "sim/machine.h"
#include "sim/nvmet.h"
#include "sim/syscall.h"

namespace nvmeofs {

class SimKernel {
 public:
  explicit SimKernel(SimMachine machine);
  ~SimKernel();
  SimKernel(const SimKernel&) = delete;
  SimKernel& operator=(const SimKernel&) = delete;

  Syscall<void> mkdir(std::string_view path);
  Syscall<void> rmdir(std::string_view path);
  // One write(2): how many bytes were taken, 4095 of a longer value.
  Syscall<std::size_t> write(std::string_view path, std::string_view value);
  // Of an attribute. Modes are not kept: whoever reads here is root.
  Syscall<void> chmod(std::string_view path);
  Syscall<std::string> read(std::string_view path) const;
  // The target too is relative to nvmet's root, and must exist.
  Syscall<void> symlink(std::string_view target, std::string_view path);
  Syscall<void> unlink(std::string_view path);
  Syscall<std::vector<std::string>> list(std::string_view path) const;

  // The whole tree at one moment.
  Target target() const;

  // A host connects, and is refused as a Linux host is: ECONNREFUSED (tcp) or ECONNRESET (rdma)
  // where nobody listens, EIO where the port does not serve the subsystem, or not to this host.
  Syscall<void> connect(const std::string& host_nqn, const std::string& subsystem,
                        const TransportAddress& address, const std::string& peer = "192.168.1.77");
  // All of the host's connections to the subsystem. ENOENT: there was none.
  Syscall<void> disconnect(const std::string& host_nqn, const std::string& subsystem);
  std::vector<SimController> controllers() const;
  // The addresses that ports listen on.
  std::vector<TransportAddress> listening() const;

  // The machine around it. An address whose RDMA device an edit takes away is listened on no more,
  // until its links are made anew. The edit runs under the lock and must not call back.
  SimMachine machine() const;
  void edit_machine(const std::function<void(SimMachine&)>& edit);
  // An edit that no machine would tell of: who holds which device.
  void edit_claims(const std::function<void(SimMachine&)>& edit);

  // An eventfd, readable from any change of the tree until clear_changes(). Connections and edits
  // of the machine are no changes of it: the kernel tells of neither there.
  int change_fd() const;
  void clear_changes();
  // The same for edit_machine(), whether or not it changed anything.
  int machine_change_fd() const;
  void clear_machine_changes();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nvmeofs
