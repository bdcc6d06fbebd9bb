#include "sim/sim_probe.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

namespace nvmeofs {
namespace {

DeviceId id_of(const SimMachine& machine, const SimDevice& device) {
  if (device.kind == SimDevice::Kind::file) {
    return {.block = false, .device = 1, .inode = device.number, .whole = 1};
  }
  const SimDevice* whole =
      device.partition_of.empty() ? &device : machine.find(device.partition_of);
  return {.block = true,
          .device = device.number,
          .inode = 0,
          .whole = whole == nullptr ? device.number : whole->number};
}

// Messages say what the device is, as those of the real probe do: whoever keeps the record puts the
// file and the value in front.
Result<const SimDevice*> find(const SimMachine& machine, const std::string& path) {
  const SimDevice* device = machine.find(path);
  if (device == nullptr) {
    std::string disks;
    for (const auto& [name, other] : machine.devices) {
      if (other.kind == SimDevice::Kind::block) disks += " " + name;
    }
    return refuse(ENOENT, Reason::device_missing,
                  "does not exist; the disks of this simulated machine are{}", disks);
  }
  if (device->kind == SimDevice::Kind::controller) {
    return refuse(ENOTBLK, Reason::device_kind,
                  "an NVMe controller, not a disk; write one of its disks, such as {}n1, or write "
                  "it to passthru/device to serve it whole",
                  path);
  }
  if (device->kind == SimDevice::Kind::directory || device->kind == SimDevice::Kind::character) {
    return refuse(
        ENOTBLK, Reason::device_kind,
        "{}, not a disk; write the path of a block device or of a regular file",
        device->kind == SimDevice::Kind::directory ? "a directory" : "a character device");
  }
  return device;
}

// One is the other, or a partition of it. Two partitions of a disk do not overlap.
bool overlap(const SimMachine& machine, const std::string& a, const std::string& b) {
  const auto& devices = machine.devices;
  return a == b || devices.at(a).partition_of == b || devices.at(b).partition_of == a;
}

std::string subject_of(const SimMachine& machine, const std::string& path,
                       const std::string& other) {
  if (other == path) return {};
  const bool is_partition = machine.devices.at(other).partition_of == path;
  return fmt::format("its {} {} is ", is_partition ? "partition" : "disk", other);
}

bool is_claimed(const SimMachine& machine, const std::string& path) {
  return std::ranges::any_of(machine.devices, [&](const auto& entry) {
    return entry.second.claim != 0 && overlap(machine, path, entry.first);
  });
}

// What an O_EXCL open finds, on the device itself and on what shares blocks with it.
Result<void> check_use(const SimMachine& machine, const std::string& path,
                       const DevicePath& written) {
  for (const auto& [other, device] : machine.devices) {
    const std::string use = device.claim != 0 ? "held open by nvmeofs" : device.used_by;
    if (use.empty() || !overlap(machine, path, other)) continue;
    return refuse(EBUSY, Reason::device_in_use,
                  "{}{}; end that use first, or write '{} force' to serve it all the same",
                  subject_of(machine, path, other), use, written.path());
  }
  return {};
}

Disk disk_of(const SimMachine& machine, const SimDevice& device) {
  return {id_of(machine, device),
          {device.identity},
          device.kind == SimDevice::Kind::block || device.direct_io};
}

// `written`: what the user named, which is the disk or the controller that it hangs on.
Result<Disk> examine_in(const SimMachine& machine, const std::string& path,
                        const DevicePath& written, Members members) {
  const auto found = find(machine, path);
  if (!found) return tl::unexpected(found.error());
  const SimDevice& device = **found;
  if (device.system) {
    return refuse(EBUSY, Reason::device_system,
                  "the disk under / of this machine, which is never served, not even with "
                  "'force'; write another disk");
  }
  if (device.read_only) {
    return refuse(EROFS, Reason::device_read_only,
                  "read-only; make it writable first, or write another");
  }
  if (device.bytes == 0) {
    return refuse(EINVAL, Reason::bad_value,
                  "0 bytes long, which no host can use as a disk; write another");
  }
  if (written.force()) return disk_of(machine, device);
  if (auto free = check_use(machine, machine.resolve(path), written); !free)
    return tl::unexpected(free.error());
  if (members == Members::refuse && !device.member_of.empty()) {
    return refuse(EBUSY, Reason::device_member,
                  "{}, not in use now, but the next boot may take it back; remove it from there "
                  "first, or write '{} force' to serve it all the same",
                  device.member_of, written.path());
  }
  return disk_of(machine, device);
}

class SimClaim : public Claim {
 public:
  // The number 0 holds nothing: what is forced may be somebody else's already.
  SimClaim(Disk disk, SimKernel& kernel, std::string path, std::uint64_t number)
      : Claim(std::move(disk)), kernel_(kernel), path_(std::move(path)), number_(number) {}
  ~SimClaim() override {
    if (number_ == 0) return;
    kernel_.edit_claims([&](SimMachine& machine) {
      // The disk may have been taken out meanwhile, and another stand in its place.
      SimDevice* device = machine.find(path_);
      if (device != nullptr && device->claim == number_) device->claim = 0;
    });
  }

  bool present() const override { return held_in(kernel_.machine()) != nullptr; }
  std::uint64_t bytes() const override {
    const SimMachine machine = kernel_.machine();
    const SimDevice* device = held_in(machine);
    return device == nullptr ? 0 : device->bytes;
  }
  std::string appearance() const override {
    return fmt::format("{} {}", device().block ? "disk" : "file",
                       device().block ? device().device : device().inode);
  }

 private:
  const SimDevice* held_in(const SimMachine& machine) const {
    const SimDevice* found = machine.find(path_);
    if (found == nullptr || (number_ != 0 && found->claim != number_)) return nullptr;
    const bool same = id_of(machine, *found).same(device()) && found->identity == identity().text;
    return same ? found : nullptr;
  }

  SimKernel& kernel_;
  std::string path_;
  std::uint64_t number_;
};

Result<Controller> controller_in(const SimMachine& machine, const std::string& path) {
  const SimDevice* const device = machine.find(path);
  if (device == nullptr) {
    std::string controllers;
    for (const auto& [name, other] : machine.devices)
      if (other.kind == SimDevice::Kind::controller) controllers += " " + name;
    return refuse(ENOENT, Reason::device_missing,
                  "does not exist; the NVMe controllers of this simulated machine are{}",
                  controllers);
  }
  if (device->kind != SimDevice::Kind::controller)
    return refuse(EINVAL, Reason::device_kind, "no NVMe controller; write one, as in /dev/nvme0");
  Controller controller{.number = device->number, .drive = {device->identity}};
  for (const auto& [name, disk] : machine.devices)
    if (disk.namespace_of == machine.resolve(path))
      controller.disks.push_back(id_of(machine, disk));
  return controller;
}

class SimControllerClaim : public ControllerClaim {
 public:
  SimControllerClaim(Controller controller, std::vector<std::unique_ptr<Claim>> disks,
                     const SimKernel& kernel, std::string path)
      : ControllerClaim(std::move(controller), std::move(disks)),
        kernel_(kernel),
        path_(std::move(path)) {}

  bool present() const override {
    const SimMachine machine = kernel_.machine();
    const auto now = controller_in(machine, path_);
    return now && now->number == controller().number && now->drive == controller().drive;
  }

 private:
  const SimKernel& kernel_;
  const std::string path_;
};

Result<void> check_fc(const TransportAddress& address, const SimMachine& machine) {
  if (!machine.transports.contains(Trtype::fc))
    return refuse(ENODEV, Reason::no_module,
                  "this kernel has no module nvmet-fc; write an address of another transport");
  if (machine.fcloop || machine.fc_ports.contains(address.traddr)) return {};
  std::string known;
  for (const auto& traddr : machine.fc_ports) known += " fc://" + traddr;
  return refuse(EADDRNOTAVAIL, Reason::address_not_local,
                "not an FC port of this machine, which has{}", known.empty() ? " none" : known);
}

}  // namespace

Result<DeviceId> SimDevices::identify(const std::string& path) {
  const SimMachine machine = kernel_.machine();
  return find(machine, path).map([&](const SimDevice* device) { return id_of(machine, *device); });
}

Result<void> SimDevices::check_caller(const Caller& caller, const std::string&) {
  const bool has_group =
      caller.gid == SimMachine::disk_group ||
      std::ranges::find(caller.groups, SimMachine::disk_group) != caller.groups.end();
  if (caller.is_root() || has_group) return {};
  return refuse(EACCES, Reason::device_not_yours,
                "uid {} may not read and write it, and could as a host of this export; root may "
                "write it here",
                caller.uid);
}

Result<Disk> SimDevices::examine(const DevicePath& device, Members members) {
  return examine_in(kernel_.machine(), device.path(), device, members);
}

Result<std::unique_ptr<Claim>> SimDevices::claim(const DevicePath& device, Members members) {
  return claim_disk(device.path(), device, members);
}

Result<std::unique_ptr<Claim>> SimDevices::claim_disk(const std::string& disk,
                                                      const DevicePath& written, Members members) {
  static std::atomic<std::uint64_t> last{0};
  Result<std::unique_ptr<Claim>> result;
  kernel_.edit_claims([&](SimMachine& machine) {
    auto examined = examine_in(machine, disk, written, members);
    if (!examined) {
      result = tl::unexpected(examined.error());
      return;
    }
    std::string path = machine.resolve(disk);
    const bool taken = is_claimed(machine, path) || !machine.devices.at(path).used_by.empty();
    const std::uint64_t number = taken ? 0 : ++last;
    if (!taken) machine.devices.at(path).claim = number;
    result = std::make_unique<SimClaim>(std::move(*examined), kernel_, std::move(path), number);
  });
  return result;
}

Result<Controller> SimDevices::identify_controller(const std::string& path) {
  return controller_in(kernel_.machine(), path);
}

Result<std::unique_ptr<ControllerClaim>> SimDevices::claim_controller(const DevicePath& device,
                                                                      Members members) {
  const SimMachine machine = kernel_.machine();
  auto controller = controller_in(machine, device.path());
  if (!controller) return tl::unexpected(controller.error());
  std::string path = machine.resolve(device.path());
  std::vector<std::unique_ptr<Claim>> disks;
  for (const auto& [name, disk] : machine.devices) {
    if (disk.namespace_of != path) continue;
    auto claimed = claim_disk(name, device, members);
    if (!claimed)
      return refuse(claimed.error().errnum, claimed.error().reason, "its disk {}: {}", name,
                    claimed.error().message);
    disks.push_back(std::move(*claimed));
  }
  return std::make_unique<SimControllerClaim>(std::move(*controller), std::move(disks), kernel_,
                                              std::move(path));
}

Result<DeviceIo> SimDevices::io(const DeviceId& device) {
  if (!device.block)
    return refuse(ENOTBLK, Reason::device_kind, "a file, of which nobody counts it");
  const SimMachine machine = kernel_.machine();
  const bool there = std::ranges::any_of(machine.devices, [&](const auto& entry) {
    return id_of(machine, entry.second).same(device);
  });
  if (!there) return refuse(ENOENT, Reason::device_missing, "is gone");
  return DeviceIo{.reads = 1000,
                  .bytes_read = 4096000,
                  .writes = 500,
                  .bytes_written = 2048000,
                  .busy = std::chrono::milliseconds(1500)};
}

Result<void> SimAddresses::check(const TransportAddress& address) {
  if (address.trtype == Trtype::loop) {
    if (kernel_.machine().transports.contains(Trtype::loop)) return {};
    return refuse(ENODEV, Reason::no_module,
                  "this kernel has no module nvme-loop; write an address of this machine");
  }
  if (address.trtype == Trtype::fc) return check_fc(address, kernel_.machine());
  TransportAddress over_tcp = address;
  over_tcp.trtype = Trtype::tcp;
  if (address.trtype == Trtype::rdma && address.is_loopback()) {
    return refuse(ENODEV, Reason::address_loopback,
                  "a loopback address, for which no RDMA device answers; write {} to serve it over "
                  "TCP, or the address of an RDMA device",
                  over_tcp.uri());
  }
  const SimMachine machine = kernel_.machine();
  if (!machine.has_address(address.traddr)) {
    std::string known;
    for (const auto& [traddr, rdma_device] : machine.addresses) known += " " + traddr;
    return refuse(EADDRNOTAVAIL, Reason::address_not_local,
                  "not an address of this machine, which has{}", known);
  }
  if (address.trtype == Trtype::rdma && machine.rdma_device_of(address.traddr).empty()) {
    return refuse(ENODEV, Reason::no_rdma_device,
                  "no RDMA device answers for it; write {} to serve it over TCP", over_tcp.uri());
  }
  return {};
}

Result<void> SimAddresses::check_tls() {
  if (kernel_.machine().tlshd) return {};
  return refuse(ESRCH, Reason::no_tls, "tlshd does not run; start it");
}

}  // namespace nvmeofs
