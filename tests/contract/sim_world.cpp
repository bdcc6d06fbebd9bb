// The suite's world in memory: the machine that scripts/vm-fabric makes in a guest.
#include <algorithm>

#include "sim/kernel.h"
#include "sim/sim_backend.h"
#include "world.h"

namespace nvmeofs::contract {
namespace {

SimDevice block(std::uint64_t number) {
  SimDevice device;
  device.number = number;
  device.bytes = 1 << 30;
  return device;
}

SimDevice of_kind(SimDevice::Kind kind, std::uint64_t number = 0) {
  SimDevice device;
  device.kind = kind;
  device.number = number;
  return device;
}

SimMachine make_machine() {
  SimMachine machine;
  machine.devices["/dev"] = of_kind(SimDevice::Kind::directory);
  machine.devices["/dev/null"] = of_kind(SimDevice::Kind::character);
  machine.devices["/dev/nullb0"] = block(1);
  machine.devices["/dev/nullb1"] = block(2);
  machine.devices["/dev/loop7"] = block(3);
  machine.devices["/dev/loop7"].read_only = true;
  machine.devices["/srv/disk.img"] = of_kind(SimDevice::Kind::file, 4);
  machine.devices["/run/disk.img"] = of_kind(SimDevice::Kind::file, 5);
  machine.devices["/run/disk.img"].direct_io = false;
  machine.devices["/dev/nvme0"] = of_kind(SimDevice::Kind::controller, 6);
  machine.devices["/dev/nvme0n1"] = block(7);
  machine.devices["/dev/nvme0n1"].namespace_of = "/dev/nvme0";
  machine.aliases["/dev/disk/by-id/null-0"] = "/dev/nullb0";
  machine.addresses = {{"192.168.1.32", "rxe0"},
                       {"192.168.1.33", "rxe0"},
                       {"192.168.2.32", ""},
                       {"127.0.0.1", ""},
                       {"::1", ""},
                       {"fe80::1%v2", ""}};
  return machine;
}

class SimListening : public Listener {
 public:
  SimListening(SimKernel& kernel, std::string traddr, std::uint16_t trsvcid)
      : kernel_(kernel), traddr_(std::move(traddr)), trsvcid_(trsvcid) {
    kernel_.edit_machine([&](SimMachine& machine) {
      machine.listeners.push_back({traddr_, trsvcid_, "another program"});
    });
  }
  ~SimListening() override {
    kernel_.edit_machine([&](SimMachine& machine) {
      std::erase_if(machine.listeners, [&](const SimListener& listener) {
        return listener.traddr == traddr_ && listener.trsvcid == trsvcid_;
      });
    });
  }

 private:
  SimKernel& kernel_;
  std::string traddr_;
  std::uint16_t trsvcid_;
};

class SimWorld : public World {
 public:
  SimWorld() {
    facts = {.second_nsid_mkdir = 0,
             .tmpfs_takes_direct_io = false,
             .has_tsas = true,
             .has_loop = true,
             .has_fc = true,
             .has_fc_port = true,
             .has_passthru = true,
             .passthru_beside_disabled = 0};
    kernel_.edit_machine([this](SimMachine& machine) { machine.fc_ports = {fc_port}; });
    device = "/dev/nullb0";
    other_device = "/dev/nullb1";
    device_alias = "/dev/disk/by-id/null-0";
    read_only_device = "/dev/loop7";
    character_device = "/dev/null";
    directory = "/dev";
    missing_device = "/dev/missing";
    file = "/srv/disk.img";
    drive = "/dev/nvme0";
    disk_of_drive = "/dev/nvme0n1";
    tmpfs_file = "/run/disk.img";
    traddr = "192.168.1.32";
    other_traddr = "192.168.1.33";
    traddr_without_rdma = "192.168.2.32";
    traddr_elsewhere = "192.168.7.7";
  }

  Backend& backend() override { return backend_; }

  std::unique_ptr<Listener> occupy(const std::string& where, std::uint16_t trsvcid) override {
    return std::make_unique<SimListening>(kernel_, where, trsvcid);
  }

  int connect(const std::string& host_nqn, const std::string& subsystem,
              const TransportAddress& address) override {
    const auto connected = kernel_.connect(host_nqn, subsystem, address);
    return connected ? 0 : connected.error();
  }

  bool is_connected(const std::string& subsystem) override {
    const auto controllers = kernel_.controllers();
    return std::ranges::find(controllers, subsystem, &SimController::subsystem) !=
           controllers.end();
  }

  void disconnect() override {
    for (const SimController& controller : kernel_.controllers()) {
      // A host with two controllers is gone with the first of them.
      (void)kernel_.disconnect(controller.host_nqn, controller.subsystem);
    }
  }

 private:
  SimKernel kernel_{make_machine()};
  SimBackend backend_{kernel_};
};

}  // namespace

std::unique_ptr<World> make_world() {
  return std::make_unique<SimWorld>();
}

}  // namespace nvmeofs::contract
