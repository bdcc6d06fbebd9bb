#include "device_probe.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "block_tree.h"
#include "caller_access.h"
#include "device_identity.h"
#include "device_members.h"
#include "device_users.h"
#include "disk_identity.h"
#include "fabrics_disk.h"
#include "held_device.h"
#include "nvme_controller.h"
#include "nvmeofs/fd.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

tl::unexpected<Error> refuse_use(const DevicePath& device, const Use& use) {
  return refuse(EBUSY, Reason::device_in_use,
                "{}; {}, or write '{} force' to serve it all the same", use.how, use.mend,
                device.path());
}

tl::unexpected<Error> refuse_open(int errnum) {
  switch (errnum) {
    case ENOENT:
    case ENOTDIR:
      return refuse(ENOENT, Reason::device_missing,
                    "does not exist any more; 'lsblk' lists the disks there are");
    case ENXIO:
    case ENODEV:
      return refuse(errnum, Reason::device_missing,
                    "a device node that no driver answers for; 'lsblk' lists the disks there are");
    case EROFS:
    case EACCES:
    case EPERM:
      return refuse(EROFS, Reason::device_read_only,
                    "cannot be opened for writing ({}); make it writable first, or write another",
                    std::strerror(errnum));
    case ETXTBSY:
      return refuse(EBUSY, Reason::device_in_use, "a program that is running; write another file");
    default:
      return refuse(errnum, Reason::kernel_refused, "cannot be opened: {}", std::strerror(errnum));
  }
}

tl::unexpected<Error> refuse_empty(std::string_view mend) {
  return refuse(EINVAL, Reason::bad_value, "0 bytes long, which no host can use as a disk; {}",
                mend);
}

// The path was looked up twice; somebody may have changed what it leads to in between.
Result<void> check_same(const DeviceId& id, const struct stat& opened) {
  const bool same =
      id.block ? S_ISBLK(opened.st_mode) && opened.st_rdev == id.device
               : S_ISREG(opened.st_mode) && opened.st_dev == id.device && opened.st_ino == id.inode;
  if (same) return {};
  return refuse(EBUSY, Reason::device_in_use,
                "led to another device while it was being checked; write it again");
}

Result<void> check_system(dev_t device) {
  const auto mount = system_mount_on(device);
  if (!mount) return tl::unexpected<Error>(mount.error());
  if (!*mount) return {};
  return refuse(EBUSY, Reason::device_system,
                "the disk under {} of this machine, which is never served, not even with 'force'; "
                "write another disk",
                **mount);
}

// Served on, it would go out and come in again: to this machine itself it is a loop in which a
// write waits for itself, and two machines can make one of two.
Result<void> check_not_remote(dev_t device) {
  const auto subsystem = fabrics_subsystem(device);
  if (!subsystem) return {};
  return refuse(ELOOP, Reason::device_loop,
                "a disk that this machine has over the network itself, of the subsystem {}; serve "
                "it from the machine that it is in",
                printable(*subsystem));
}

Result<void> check_block(int fd) {
  int read_only = 0;
  std::uint64_t size = 0;
  if (ioctl(fd, BLKROGET, &read_only) != 0 || ioctl(fd, BLKGETSIZE64, &size) != 0) {
    return refuse_open(errno);
  }
  if (read_only != 0) {
    return refuse(EROFS, Reason::device_read_only,
                  "read-only; 'blockdev --setrw' makes it writable if the disk itself can be "
                  "written, else write another");
  }
  if (size == 0) return refuse_empty("insert its medium or attach its storage first");
  return {};
}

// Always an answer: the claim is a fact, whoever has it.
Use explain_busy(Fd fd, dev_t device) {
  const auto member = membership(fd.get(), device);
  fd = Fd();  // not to find ourselves among those who have it open
  if (auto use = named_use(device)) return *use;
  if (member) return Use{fmt::format("{}, and in use as such", *member), "end that use first"};
  return Use{
      "claimed by something that has no name here: a mount in another mount namespace or not "
      "quite unmounted yet, or a part of the kernel",
      "end that use first"};
}

// One open that tests and claims, so that nobody comes in between. Only for reading: the end of a
// descriptor for writing makes udev look at the disk again. `written`: what the user named, which
// is the device or the controller that it is a disk of.
Result<Fd> open_unused(const std::string& path, const DeviceId& id, const DevicePath& written,
                       Members members) {
  constexpr int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
  if (auto ours = check_not_remote(id.device); !ours) return tl::unexpected<Error>(ours.error());
  if (auto free = check_system(id.device); !free) return tl::unexpected<Error>(free.error());
  Fd fd(open(path.c_str(), flags | O_EXCL));
  const bool busy = !fd && errno == EBUSY;
  if (busy) fd = Fd(open(path.c_str(), flags));
  if (!fd) return refuse_open(errno);

  struct stat opened {};
  if (fstat(fd.get(), &opened) != 0) return refuse_open(errno);
  if (auto same = check_same(id, opened); !same) return tl::unexpected<Error>(same.error());
  if (written.force()) return fd;
  if (busy) return refuse_use(written, explain_busy(std::move(fd), id.device));
  if (const auto use = quiet_use(id.device)) return refuse_use(written, *use);
  if (members == Members::allow) return fd;
  if (const auto member = membership(fd.get(), id.device)) {
    return refuse(EBUSY, Reason::device_member,
                  "{}, not in use now, but the next boot may take it back; remove it from there "
                  "first, or write '{} force' to serve it all the same",
                  *member, written.path());
  }
  return fd;
}

Result<Fd> open_block(const DevicePath& device, const DeviceId& id, Members members) {
  auto fd = open_unused(device.path(), id, device, members);
  if (fd)
    if (auto fit = check_block(fd->get()); !fit) return tl::unexpected<Error>(fit.error());
  return fd;
}

// A file is opened for writing: that the kernel will let us is known only from doing so.
Result<Fd> open_file(const DevicePath& device, const DeviceId& id) {
  Fd fd(open(device.path().c_str(), O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) return refuse_open(errno);
  struct stat opened {};
  if (fstat(fd.get(), &opened) != 0) return refuse_open(errno);
  if (auto same = check_same(id, opened); !same) return tl::unexpected<Error>(same.error());
  if (opened.st_size == 0) return refuse_empty("'truncate -s 10G' makes a file one of 10 GiB");
  const bool locked = flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
  if (device.force()) return fd;
  if (const auto use = file_use(fd.get(), opened, locked)) return refuse_use(device, *use);
  return fd;
}

// Leads to the file that is open, whatever its path leads to by now.
std::string fd_path(int fd) {
  return fmt::format("/proc/self/fd/{}", fd);
}

struct Opened {
  Disk disk;
  Fd fd;
};

Result<Opened> open_checked(const DevicePath& device, Members members) {
  const auto id = identify_device(device.path());
  if (!id) return tl::unexpected<Error>(id.error());
  auto fd = id->block ? open_block(device, *id, members) : open_file(device, *id);
  if (!fd) return tl::unexpected<Error>(fd.error());
  DiskIdentity identity = disk_identity(*id, fd->get());
  // A file system says no to the open itself; what is there of a file on tmpfs hangs on the kernel.
  const bool direct = id->block || Fd(open(fd_path(fd->get()).c_str(),
                                           O_RDWR | O_DIRECT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  return Opened{{*id, std::move(identity), direct}, std::move(*fd)};
}

class HeldController : public ControllerClaim {
 public:
  using ControllerClaim::ControllerClaim;
  bool present() const override { return is_present(controller()); }
};

// The kernel counts in these, whatever the device's own are.
constexpr std::uint64_t sector = 512;

}  // namespace

Result<DeviceId> MachineDevices::identify(const std::string& path) {
  return identify_device(path);
}

Result<void> MachineDevices::check_caller(const Caller& caller, const std::string& path) {
  return check_caller_access(caller, path);
}

Result<Disk> MachineDevices::examine(const DevicePath& device, Members members) {
  return open_checked(device, members).map([](Opened&& opened) { return std::move(opened.disk); });
}

Result<std::unique_ptr<Claim>> MachineDevices::claim(const DevicePath& device, Members members) {
  return open_checked(device, members).map([](Opened&& opened) -> std::unique_ptr<Claim> {
    return std::make_unique<HeldDevice>(std::move(opened.disk), std::move(opened.fd));
  });
}

Result<Controller> MachineDevices::identify_controller(const std::string& path) {
  return local_controller(path).map(
      [](LocalController&& local) { return std::move(local.controller); });
}

Result<std::unique_ptr<ControllerClaim>> MachineDevices::claim_controller(const DevicePath& device,
                                                                          Members members) {
  auto local = local_controller(device.path());
  if (!local) return tl::unexpected<Error>(local.error());
  std::vector<std::unique_ptr<Claim>> held;
  for (std::size_t at = 0; at < local->disks.size(); ++at) {
    const std::string& node = local->disks[at];
    const DeviceId& id = local->controller.disks[at];
    auto fd = open_unused(node, id, device, members);
    if (!fd)
      return refuse(fd.error().errnum, fd.error().reason, "its disk {}: {}", node,
                    fd.error().message);
    held.push_back(std::make_unique<HeldDevice>(Disk{id, {}}, std::move(*fd)));
  }
  return std::make_unique<HeldController>(std::move(local->controller), std::move(held));
}

// Documentation/block/stat.rst.
Result<DeviceIo> MachineDevices::io(const DeviceId& device) {
  if (!device.block)
    return refuse(ENOTBLK, Reason::device_kind, "a file, of which nobody counts it");
  const auto line = block_attribute(device.device, "stat");
  if (!line) return refuse(ENOENT, Reason::device_missing, "is gone");
  std::istringstream words(*line);
  std::array<std::uint64_t, 10> fields{};
  for (auto& field : fields)
    if (!(words >> field))
      return refuse(EIO, Reason::kernel_refused, "the kernel says '{}' of it", printable(*line));
  return DeviceIo{.reads = fields[0],
                  .bytes_read = fields[2] * sector,
                  .writes = fields[4],
                  .bytes_written = fields[6] * sector,
                  .busy = std::chrono::milliseconds(fields[9])};
}

}  // namespace nvmeofs
