// Knows every concrete class.
#include "fs/world.h"

#include <fstream>
#include <utility>

#include "engine/identity.h"
#include "host/kernel_initiator.h"
#include "nvmet/nvmet_backend.h"
#include "probe/address_probe.h"
#include "probe/device_probe.h"
#include "probe/machine_changes.h"
#include "probe/rdma_bind.h"
#include "sessions/kernel_sessions.h"
#include "sim/kernel.h"
#include "sim/sim_backend.h"
#include "sim/sim_initiator.h"
#include "sim/sim_probe.h"
#include "sim/sim_sessions.h"
#include "sim/sim_watch.h"
#include "store/connections_file.h"
#include "store/no_store.h"
#include "store/state_file.h"

namespace nvmeofs {
namespace {

struct Stores {
  std::unique_ptr<Store> exports;
  std::shared_ptr<ConnectionStore> connections;
  std::shared_ptr<DiscoveryStore> discoveries;
};

class SimWorld : public World {
 public:
  explicit SimWorld(Stores stores) : stores_(std::move(stores)) {}
  Environment environment() override {
    return {backend_, devices_, addresses_, sessions_, watch_, *stores_.exports, boot_};
  }
  ConnectionsEnvironment connections() override { return {initiator_, *stores_.connections}; }
  DiscoveriesEnvironment discoveries(Connections& connections) override {
    return {initiator_, *stores_.discoveries, connections};
  }

 private:
  Stores stores_;
  // This kernel begins with the program and ends with it.
  const std::string boot_ = random_uuid();
  SimKernel kernel_{SimMachine::example()};
  SimBackend backend_{kernel_};
  SimDevices devices_{kernel_};
  SimAddresses addresses_{kernel_};
  SimSessions sessions_{kernel_};
  SimWatch watch_{kernel_};
  SimInitiator initiator_;
};

std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

class NvmetWorld : public World {
 public:
  NvmetWorld(Stores stores, std::unique_ptr<NvmetBackend> backend)
      : stores_(std::move(stores)), backend_(std::move(backend)) {}
  Environment environment() override {
    return {*backend_, devices_, addresses_, sessions_, changes_, *stores_.exports, boot_};
  }
  ConnectionsEnvironment connections() override { return {initiator_, *stores_.connections}; }
  DiscoveriesEnvironment discoveries(Connections& connections) override {
    return {initiator_, *stores_.discoveries, connections};
  }

 private:
  Stores stores_;
  const std::string boot_ = boot_id();
  std::unique_ptr<NvmetBackend> backend_;
  MachineDevices devices_;
  MachineAddresses addresses_{rdma_bind_program()};
  KernelSessions sessions_;
  MachineChanges changes_;
  KernelInitiator initiator_;
};

Result<Stores> open_stores(const std::string& state) {
  if (state == "none")
    return Stores{std::make_unique<NoStore>(), std::make_shared<NoConnectionStore>(),
                  std::make_shared<NoDiscoveryStore>()};
  auto exports = StateFile::open(state);
  if (!exports) return tl::make_unexpected(exports.error());
  auto connections = ConnectionsFile::open(connections_file_of(state));
  if (!connections) return tl::make_unexpected(connections.error());
  const std::shared_ptr<ConnectionsFile> both = std::move(*connections);
  return Stores{std::move(*exports), both, both};
}

}  // namespace

Result<std::unique_ptr<World>> open_world(Source source, const std::string& state) {
  auto stores = open_stores(state);
  if (!stores) return tl::make_unexpected(stores.error());
  if (source == Source::sim) return std::make_unique<SimWorld>(std::move(*stores));
  auto backend = NvmetBackend::open();
  if (!backend) return tl::make_unexpected(backend.error());
  return std::make_unique<NvmetWorld>(std::move(*stores), std::move(*backend));
}

}  // namespace nvmeofs
