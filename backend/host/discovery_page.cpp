#include "discovery_page.h"

#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "nvmeofs/fd.h"

namespace nvmeofs {
namespace {

tl::unexpected<Error> refuse_errno(const std::string& device, int errnum) {
  if (errnum == ENOENT || errnum == ENODEV || errnum == ENXIO) {
    return refuse(ENOENT, Reason::gone, "the discovery controller {} is gone", device);
  }
  return refuse(errnum, Reason::kernel_refused, "{} does not give its discovery log: {}", device,
                std::strerror(errnum));
}

// NVMe base specification, Get Log Page.
nvme_admin_cmd get_log_page(std::uint64_t offset, std::string& into, bool last,
                            std::chrono::milliseconds patience) {
  constexpr std::uint8_t opcode = 0x02;
  constexpr std::uint32_t discovery = 0x70;
  constexpr std::uint32_t retain_event = 1U << 15;
  const auto dwords = static_cast<std::uint32_t>(into.size() / 4 - 1);
  nvme_admin_cmd command{};
  command.opcode = opcode;
  command.addr = reinterpret_cast<std::uintptr_t>(into.data());
  command.data_len = static_cast<std::uint32_t>(into.size());
  command.cdw10 = discovery | (last ? 0 : retain_event) | dwords << 16;
  command.cdw11 = dwords >> 16;
  command.cdw12 = static_cast<std::uint32_t>(offset);
  command.cdw13 = static_cast<std::uint32_t>(offset >> 32);
  command.timeout_ms = static_cast<std::uint32_t>(patience.count());
  return command;
}

}  // namespace

Result<DiscoveryLog> discovery_page(const std::string& device, std::chrono::milliseconds patience) {
  const Fd fd(open(device.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return refuse_errno(device, errno);
  return read_discovery_log(
      [&](std::uint64_t offset, std::size_t size, bool last) -> Result<std::string> {
        std::string bytes(size, '\0');
        auto command = get_log_page(offset, bytes, last, patience);
        const int status = ioctl(fd.get(), NVME_IOCTL_ADMIN_CMD, &command);
        if (status < 0) return refuse_errno(device, errno);
        if (status > 0) {
          return refuse(EIO, Reason::target_refused,
                        "the target does not give its discovery log: NVMe status {:#x}", status);
        }
        return bytes;
      });
}

}  // namespace nvmeofs
