// The hosts of the running kernel's nvmet.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nvmeofs/sessions.h"

namespace nvmeofs {

class KernelSessions : public Sessions {
 public:
  struct Paths {
    std::string configfs = "/sys/kernel/config/nvmet";
    std::string debugfs = "/sys/kernel/debug/nvmet";
    std::string kmsg = "/dev/kmsg";
    std::string controllers = "/sys/class/nvme";
    std::string classes = "/sys/class";
  };

  // Reads the kernel's log as far back as it goes, and follows it on a thread of its own until
  // destroyed: a line on a new controller says most when the tables are looked at right then.
  // Not before a fork that is to survive. Without a log everything else works, and is less sure.
  // Throws std::system_error when the machine has no thread or descriptor left.
  explicit KernelSessions(Paths paths);
  KernelSessions();
  ~KernelSessions() override;
  KernelSessions(const KernelSessions&) = delete;
  KernelSessions& operator=(const KernelSessions&) = delete;

  // Look at the tables at the moment of the call; milliseconds. Looks wait for one another.
  Result<std::vector<Client>> clients(const Target& observed,
                                      const std::string& subsystem) override;
  Result<std::map<std::string, std::vector<Client>>> all_clients(const Target& observed) override;
  Result<bool> listening(const TransportAddress& address) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nvmeofs
