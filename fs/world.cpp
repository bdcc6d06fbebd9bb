// Knows every concrete class.
#include "fs/world.h"

#include <fstream>
#include <utility>

#include "engine/identity.h"
#include "nvmet/nvmet_backend.h"
#include "probe/address_probe.h"
#include "probe/device_probe.h"
#include "probe/machine_changes.h"
#include "probe/rdma_bind.h"
#include "sessions/kernel_sessions.h"
#include "sim/kernel.h"
#include "sim/sim_backend.h"
#include "sim/sim_probe.h"
#include "sim/sim_sessions.h"
#include "sim/sim_watch.h"
#include "store/no_store.h"
#include "store/state_file.h"

namespace nvmeofs {
namespace {

class SimWorld : public World {
 public:
  explicit SimWorld(std::unique_ptr<Store> store) : store_(std::move(store)) {}
  Environment environment() override {
    return {backend_, devices_, addresses_, sessions_, watch_, *store_, boot_, random_identity};
  }

 private:
  std::unique_ptr<Store> store_;
  // This kernel begins with the program and ends with it.
  const std::string boot_ = random_identity().uuid;
  SimKernel kernel_{SimMachine::example()};
  SimBackend backend_{kernel_};
  SimDevices devices_{kernel_};
  SimAddresses addresses_{kernel_};
  SimSessions sessions_{kernel_};
  SimWatch watch_{kernel_};
};

std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

class NvmetWorld : public World {
 public:
  NvmetWorld(std::unique_ptr<Store> store, std::unique_ptr<NvmetBackend> backend)
      : store_(std::move(store)), backend_(std::move(backend)) {}
  Environment environment() override {
    return {*backend_, devices_, addresses_, sessions_, changes_, *store_, boot_, random_identity};
  }

 private:
  std::unique_ptr<Store> store_;
  const std::string boot_ = boot_id();
  std::unique_ptr<NvmetBackend> backend_;
  MachineDevices devices_;
  MachineAddresses addresses_{rdma_bind_program()};
  KernelSessions sessions_;
  MachineChanges changes_;
};

Result<std::unique_ptr<Store>> open_store(const std::string& state) {
  if (state == "none") return std::make_unique<NoStore>();
  return StateFile::open(state).map([](auto file) -> std::unique_ptr<Store> { return file; });
}

}  // namespace

Result<std::unique_ptr<World>> open_world(Source source, const std::string& state) {
  auto store = open_store(state);
  if (!store) return tl::make_unexpected(store.error());
  if (source == Source::sim) return std::make_unique<SimWorld>(std::move(*store));
  auto backend = NvmetBackend::open();
  if (!backend) return tl::make_unexpected(backend.error());
  return std::make_unique<NvmetWorld>(std::move(*store), std::move(*backend));
}

}  // namespace nvmeofs
