// A simulated NVMe host: controllers in memory, refused and lost as the kernel's are.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "nvmeofs/event_fd.h"
#include "nvmeofs/initiator.h"
#include "sim/sim_fabric.h"

namespace nvmeofs {

// Any thread. The destructor waits for calls that are under way, and ends those that wait.
class SimInitiator : public Initiator {
 public:
  explicit SimInitiator(SimFabric fabric = SimFabric::example());
  ~SimInitiator() override;
  SimInitiator(const SimInitiator&) = delete;
  SimInitiator& operator=(const SimInitiator&) = delete;

  Result<HostTopology> observe() override;
  int change_fd() override { return changed_.get(); }
  void clear() override { changed_.clear(); }
  Result<std::set<std::string>> options() override;
  Result<HostIdentity> host_identity() override;
  // A silent address: waits for let_go(), for the time that is given, or for the address to be
  // silent no more.
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
  int discovery_fd() override { return discovery_changed_.get(); }
  std::set<std::string> changed_logs() override;

  // What others, and the world, do.
  // Controllers stay as they are; those for discovery tell of it.
  void edit(const std::function<void(SimFabric&)>& edit);
  // As nvme-cli would, under this machine's name unless another one is given.
  std::string connect_as_other(const std::string& subsystem, const TransportAddress& address,
                               bool discovery = false);
  void lose(const std::string& controller);  // as at the end of ctrl_loss_tmo
  void set_state(const std::string& controller, ControllerState state);
  void set_ana(const std::string& controller, const std::string& state);
  void use(const std::string& disk, const std::string& user);  // empty: nobody any more
  void let_go();                 // whoever waits at a silent address gets its ETIMEDOUT
  void hide_disks(bool hidden);  // disks of controllers are late
  // Every disconnect from now on: refused with this errno, or, with 0, not.
  void refuse_disconnects(int errnum);
  void refuse_settings(int errnum);
  void refuse_logs(int errnum);

  // What was asked of it.
  std::size_t waiting_at_silent() const;
  std::size_t attempts() const;
  std::size_t attempts_at(const TransportAddress& address) const;
  std::vector<std::chrono::steady_clock::time_point> times_at(
      const TransportAddress& address) const;
  std::set<std::string> marked() const;
  std::optional<PathRequest> last_request() const;
  std::size_t logs_read() const;

 private:
  class Call;

  std::string make(const PathRequest& request, bool discovery);  // locked
  std::string disk_of(const std::string& subsystem, std::size_t index);
  void tell() {
    changed_.signal();
    discovery_changed_.signal();
  }

  mutable std::mutex mutex_;  // a leaf
  std::condition_variable condition_;
  SimFabric fabric_;
  std::map<std::string, HostController> controllers_;  // without their namespaces
  std::map<std::string, std::size_t> subsystems_;      // instance, by NQN
  std::map<std::string, std::string> users_;           // by disk
  std::map<std::string, std::string> ana_;             // by controller
  std::map<TransportAddress, std::vector<std::chrono::steady_clock::time_point>> tried_;
  std::set<std::string> marked_;
  std::optional<PathRequest> last_request_;
  std::size_t next_controller_ = 0;
  std::size_t calls_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t released_ = 0;
  bool hidden_ = false;
  bool closing_ = false;
  int refuse_disconnects_ = 0;
  int refuse_settings_ = 0;
  int refuse_logs_ = 0;
  std::uint64_t generation_ = 1;        // of the discovery log
  std::set<std::string> changed_logs_;  // controllers whose log has changed
  std::size_t logs_read_ = 0;
  const EventFd changed_;
  const EventFd discovery_changed_;
};

}  // namespace nvmeofs
