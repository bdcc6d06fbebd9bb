// The running kernel's NVMe host.
#pragma once

#include <string>

#include "discovery_events.h"
#include "fabrics_device.h"
#include "host_changes.h"
#include "nvmeofs/initiator.h"
#include "probe/rdma_bind.h"

namespace nvmeofs {

// Of the mount and network namespaces that it was made in. Has no thread. change_fd() and clear()
// are for one thread, discovery_fd() and changed_logs() for one; the rest is for any, several at
// once. connect() may take a second longer than its patience. Two user_of() of one disk at once may
// see each other.
class KernelInitiator : public Initiator {
 public:
  struct Places {
    std::string connect_program = nvmeofs::connect_program();
    std::string rdma_bind_program = nvmeofs::rdma_bind_program();
    std::string identity = "/etc/nvme";
    std::string registry = "/run/nvme/registry";
    std::string sysfs = "/sys";
  };

  KernelInitiator() : KernelInitiator(Places()) {}
  explicit KernelInitiator(Places places);

  Result<HostTopology> observe() override;
  int change_fd() override { return changes_.fd(); }
  void clear() override { changes_.clear(); }
  Result<std::set<std::string>> options() override;
  Result<HostIdentity> host_identity() override;
  Result<std::string> connect(const PathRequest& request,
                              std::chrono::milliseconds patience) override;
  Result<void> disconnect(const std::string& controller) override;
  Result<void> set(const std::string& controller, const std::string& setting,
                   const std::string& value) override;
  Result<std::string> user_of(const std::string& disk) override;
  void mark(const std::string& controller) override;
  bool is_marked(const std::string& controller) override;
  Result<DiscoveryLog> discovery_log(const std::string& controller,
                                     std::chrono::milliseconds patience) override;
  int discovery_fd() override { return discoveries_.fd(); }
  std::set<std::string> changed_logs() override { return discoveries_.take(); }

 private:
  Result<FabricsOptions> fabrics_options(std::chrono::milliseconds limit);
  Result<void> reach(const PathRequest& request, std::chrono::milliseconds limit);
  Result<std::string> authenticated(const PathRequest& request, const std::string& controller);

  const Places places_;
  FabricsDevice device_;
  RdmaBind rdma_;
  HostChanges changes_;
  DiscoveryEvents discoveries_;
};

}  // namespace nvmeofs
