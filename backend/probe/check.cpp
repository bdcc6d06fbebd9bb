#include "check.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "interfaces.h"
#include "kernel_modules.h"
#include "mounts.h"
#include "nvmeofs/fd.h"
#include "rdma_bind.h"
#include "rdma_devices.h"
#include "rdma_driver.h"
#include "tls.h"

namespace nvmeofs {
namespace {

CheckLine kernel_line() {
  utsname names{};
  uname(&names);
  return {"kernel", true, names.release, ""};
}

CheckLine fuse_line() {
  const Fd device(open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (device) return {"fuse", true, "/dev/fuse", ""};
  return {"fuse", false, fmt::format("/dev/fuse: {}", std::strerror(errno)), "modprobe fuse"};
}

CheckLine module_line(const std::string& name) {
  const std::string what = "module " + name;
  switch (module_state(name)) {
    case ModuleState::loaded:
      return {what, true, "loaded", ""};
    case ModuleState::builtin:
      return {what, true, "built into the kernel", ""};
    case ModuleState::available:
      return {what, true, "not loaded yet; nvmeofs loads it when it is needed", ""};
    case ModuleState::absent:
      break;
  }
  return {what, false, "this kernel does not have it", "boot a kernel that has it"};
}

bool kernel_knows_configfs() {
  std::ifstream file("/proc/filesystems");
  for (std::string word; file >> word;) {
    if (word == "configfs") return true;
  }
  return module_state("configfs") != ModuleState::absent;
}

CheckLine configfs_line() {
  if (const auto mounts = mounted()) {
    for (const Mount& mount : *mounts) {
      if (mount.type == "configfs") return {"configfs", true, "mounted on " + mount.target, ""};
    }
  }
  if (kernel_knows_configfs()) {
    return {"configfs", true, "not mounted yet; nvmeofs mounts it on /sys/kernel/config", ""};
  }
  return {"configfs", false, "this kernel does not have it", "boot a kernel that has it"};
}

// "192.168.1.32 (eth0)", for every address that a host on another machine could use.
template <class Wanted>
std::vector<std::string> reachable(const std::vector<InterfaceAddress>& addresses, Wanted wanted) {
  std::vector<std::string> texts;
  for (const auto& each : addresses) {
    if (!each.loopback && wanted(each)) {
      texts.push_back(fmt::format("{} ({})", each.traddr(), each.interface));
    }
  }
  return texts;
}

CheckLine tcp_line(const std::vector<InterfaceAddress>& addresses) {
  const auto texts = reachable(addresses, [](const auto&) { return true; });
  if (!texts.empty()) return {"tcp addresses", true, fmt::format("{}", fmt::join(texts, ", ")), ""};
  return {"tcp addresses", false, "only loopback ones",
          "ip address add ADDRESS/LENGTH dev INTERFACE"};
}

CheckLine rdma_line(const RdmaDevice& device, const std::vector<InterfaceAddress>& addresses) {
  const std::string what = "rdma device " + device.name;
  const auto texts = reachable(addresses, [&](const auto& each) {
    return std::find(device.netdevs.begin(), device.netdevs.end(), each.interface) !=
           device.netdevs.end();
  });
  if (!texts.empty()) return {what, true, fmt::format("{}", fmt::join(texts, ", ")), ""};
  if (device.netdevs.empty()) {
    return {what, false, "no network interface",
            "load the driver of its network interface (ib_ipoib)"};
  }
  return {what, false, fmt::format("on {}, which has no address", fmt::join(device.netdevs, ", ")),
          fmt::format("ip address add ADDRESS/LENGTH dev {}", device.netdevs.front())};
}

// For tsas alone: without it all else works.
CheckLine tls_line() {
  const auto can = check_tls();
  return {"tls", true, can ? "tlshd listens" : "not now: " + can.error().message, ""};
}

// What an RDMA address is checked with.
CheckLine librdmacm_line(const std::vector<RdmaDevice>& devices, const std::string& rdma_bind) {
  const ModuleState verbs = module_state("ib_uverbs");
  if (verbs != ModuleState::loaded && verbs != ModuleState::builtin) {
    return {"librdmacm", true, "not asked: it would have the module ib_uverbs loaded", ""};
  }
  std::vector<std::string> names;
  for (const auto& device : devices) names.push_back(device.name);
  RdmaBind rdma(rdma_bind);
  const auto missing = missing_driver(names, rdma);
  if (!missing) return {"librdmacm", false, missing.error().message, "or serve over tcp://"};
  if (*missing) return {"librdmacm", false, (*missing)->found, (*missing)->mend};
  return {"librdmacm", true, fmt::format("has a driver for {}", fmt::join(names, ", ")), ""};
}

}  // namespace

std::vector<CheckLine> check_machine(const std::string& rdma_bind) {
  std::vector<CheckLine> lines{kernel_line(), fuse_line(), configfs_line()};
  for (const char* name :
       {"nvmet", "nvmet_tcp", "nvmet_rdma", "rdma_ucm", "nvme_fabrics", "nvme_tcp", "nvme_rdma"}) {
    lines.push_back(module_line(name));
  }
  const auto addresses = interface_addresses();
  if (!addresses) {
    lines.push_back({"addresses", false, addresses.error().message, "see 'ip address'"});
    return lines;
  }
  lines.push_back(tcp_line(*addresses));
  lines.push_back(tls_line());
  const auto devices = rdma_devices();
  for (const auto& device : devices) lines.push_back(rdma_line(device, *addresses));
  if (devices.empty()) {
    lines.push_back({"rdma devices", false, "none",
                     "serve over tcp://, or 'rdma link add rxe0 type rxe netdev INTERFACE'"});
  } else {
    lines.push_back(librdmacm_line(devices, rdma_bind));
  }
  return lines;
}

}  // namespace nvmeofs
