#include "sim/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace nvmeofs {
namespace {

constexpr std::uint64_t gigabyte = 1'000'000'000;

bool is_any(std::string_view traddr) {
  return traddr == "0.0.0.0" || traddr == "::";
}

std::string size_text(std::uint64_t bytes) {
  return bytes >= 1000 * gigabyte ? fmt::format("{:.1f} TB", double(bytes) / (1000.0 * gigabyte))
                                  : fmt::format("{} GB", bytes / gigabyte);
}

std::string use_text(const SimMachine& machine, const std::string& path) {
  const SimDevice& device = machine.devices.at(path);
  if (!device.used_by.empty()) return device.used_by;
  if (!device.member_of.empty()) return device.member_of;
  if (device.system) return "the disk under /";
  if (device.read_only) return "read-only";
  for (const auto& [name, part] : machine.devices) {
    if (part.partition_of == path && !part.used_by.empty()) return name + " is " + part.used_by;
  }
  return "free";
}

}  // namespace

SimMachine SimMachine::example() {
  SimMachine machine;
  machine.devices = {
      {"/", {.kind = SimDevice::Kind::directory}},
      {"/dev", {.kind = SimDevice::Kind::directory}},
      {"/srv", {.kind = SimDevice::Kind::directory}},
      {"/dev/null", {.kind = SimDevice::Kind::character}},
      {"/dev/nvme0",
       {.kind = SimDevice::Kind::controller, .number = 0xf000, .identity = "serial 0001 SIM 1TB"}},
      {"/dev/nvme0n1",
       {.number = 0x10300,
        .bytes = 1000 * gigabyte,
        .namespace_of = "/dev/nvme0",
        .identity = "wwid eui.0000000000000001"}},
      {"/dev/nvme1",
       {.kind = SimDevice::Kind::controller, .number = 0xf001, .identity = "serial 0002 SIM 2TB"}},
      {"/dev/nvme1n1",
       {.number = 0x10301,
        .bytes = 2000 * gigabyte,
        .namespace_of = "/dev/nvme1",
        .identity = "wwid eui.0000000000000002"}},
      {"/dev/sda", {.number = 0x800, .bytes = 500 * gigabyte, .system = true}},
      {"/dev/sda1",
       {.number = 0x801,
        .bytes = 499 * gigabyte,
        .system = true,
        .partition_of = "/dev/sda",
        .used_by = "mounted on / (ext4)"}},
      {"/dev/sdb",
       {.number = 0x810, .bytes = 4000 * gigabyte, .identity = "wwid naa.500000000000000b"}},
      {"/dev/sdc",
       {.number = 0x820,
        .bytes = 4000 * gigabyte,
        .member_of = "a physical volume of LVM",
        .identity = "wwid naa.500000000000000c"}},
      {"/dev/sdd",
       {.number = 0x830, .bytes = 2000 * gigabyte, .identity = "wwid naa.500000000000000d"}},
      {"/dev/sdd1",
       {.number = 0x831,
        .bytes = 1999 * gigabyte,
        .partition_of = "/dev/sdd",
        .used_by = "mounted on /srv (ext4)",
        .identity = "partition 1 on wwid naa.500000000000000d"}},
      {"/dev/sr0", {.number = 0xb00, .bytes = gigabyte, .read_only = true}},
      {"/srv/disk.img",
       {.kind = SimDevice::Kind::file,
        .number = 1001,
        .bytes = 10 * gigabyte,
        .identity = "file inode 1001"}},
      {"/run/disk.img",
       {.kind = SimDevice::Kind::file,
        .number = 1002,
        .bytes = gigabyte,
        .direct_io = false,
        .identity = "file inode 1002"}},
  };
  machine.aliases = {
      {"/dev/disk/by-id/nvme-SIM_1TB_0001", "/dev/nvme0n1"},
      {"/dev/disk/by-id/nvme-SIM_2TB_0002", "/dev/nvme1n1"},
  };
  machine.fc_ports = {"nn-0x20000090fa942779:pn-0x10000090fa942779"};
  machine.addresses = {
      {"192.168.1.32", "mlx5_0"}, {"fd00::32", "mlx5_0"}, {"10.0.0.5", ""},
      {"fe80::1%eth0", ""},       {"127.0.0.1", ""},      {"::1", ""},
  };
  machine.listeners = {{"0.0.0.0", 22, "sshd"}, {"::", 22, "sshd"}};
  return machine;
}

std::string SimMachine::describe() const {
  std::string text;
  const auto line = std::back_inserter(text);
  for (const auto& [path, device] : devices) {
    if (device.kind != SimDevice::Kind::block && device.kind != SimDevice::Kind::file) continue;
    fmt::format_to(line, "{:<16} {:>7}  {}", path, size_text(device.bytes), use_text(*this, path));
    for (const auto& [alias, target] : aliases) {
      if (target == path) fmt::format_to(line, ", also {}", alias);
    }
    text += '\n';
  }
  for (const auto& traddr : fc_ports) fmt::format_to(line, "fc://{}\n", traddr);
  for (const auto& [traddr, rdma_device] : addresses) {
    fmt::format_to(line, "{:<16} {}\n", traddr,
                   rdma_device.empty() ? "tcp" : "tcp, rdma (" + rdma_device + ")");
  }
  return text;
}

std::string SimMachine::resolve(std::string_view path) const {
  std::string clean = std::filesystem::path(path).lexically_normal().string();
  const auto alias = aliases.find(clean);
  return alias == aliases.end() ? clean : alias->second;
}

const SimDevice* SimMachine::find(std::string_view path) const {
  const auto device = devices.find(resolve(path));
  return device == devices.end() ? nullptr : &device->second;
}

SimDevice* SimMachine::find(std::string_view path) {
  const auto device = devices.find(resolve(path));
  return device == devices.end() ? nullptr : &device->second;
}

bool SimMachine::has_address(const std::string& traddr) const {
  if (is_any(traddr) || addresses.contains(traddr)) return true;
  return traddr.starts_with("127.") && addresses.contains("127.0.0.1");
}

bool SimMachine::has_rdma() const {
  return std::ranges::any_of(addresses, [](const auto& entry) { return !entry.second.empty(); });
}

std::string SimMachine::rdma_device_of(const std::string& traddr) const {
  if (const auto entry = addresses.find(traddr); entry != addresses.end()) return entry->second;
  if (!is_any(traddr)) return {};
  const auto any =
      std::ranges::find_if(addresses, [](const auto& entry) { return !entry.second.empty(); });
  return any == addresses.end() ? std::string() : any->second;
}

}  // namespace nvmeofs
