// What this machine has: its disks and its addresses.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/caller.h"
#include "nvmeofs/error.h"
#include "nvmeofs/export.h"

namespace nvmeofs {

// The thing behind a path, whatever its name. Block devices are told apart by device number,
// regular files by file system and inode.
struct DeviceId {
  bool block = false;
  std::uint64_t device = 0;  // st_rdev of a block device, st_dev of a file
  std::uint64_t inode = 0;   // 0 for a block device
  std::uint64_t whole = 0;   // st_rdev of the disk that a partition is on; else equal to `device`

  // The same disk, or one is a partition of the other. Two partitions of a disk do not overlap.
  bool overlaps(const DeviceId& other) const;
  bool same(const DeviceId& other) const;
};

// What a block device has done since it came, for all who use it. A partition has its own.
struct DeviceIo {
  std::uint64_t reads = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t writes = 0;
  std::uint64_t bytes_written = 0;
  std::chrono::milliseconds busy{0};  // that something was under way
  bool operator==(const DeviceIo&) const = default;
};

// A device that was looked at: which thing it is now, and which disk for good.
struct Disk {
  DeviceId device;
  DiskIdentity identity;
  bool direct = true;  // it can be had past the page cache
};

// Held for as long as a device is served; its end frees the device. Any thread.
class Claim {
 public:
  explicit Claim(Disk disk) : disk_(std::move(disk)) {}
  virtual ~Claim() = default;
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  // What is held, whatever the path leads to by now.
  const DeviceId& device() const { return disk_.device; }
  const DiskIdentity& identity() const { return disk_.identity; }
  bool direct() const { return disk_.direct; }

  // Whether the device is still there: not one that was pulled out, whose descriptor stays open
  // and whose number another disk may have by now; not a file that was removed.
  virtual bool present() const = 0;
  // Its size now; 0 when it cannot be told.
  virtual std::uint64_t bytes() const = 0;
  // Which coming of the device it is: another text after it was pulled out and plugged in again.
  // Means nothing after the machine was booted.
  virtual std::string appearance() const = 0;

 private:
  Disk disk_;
};

// An NVMe controller of this machine that was looked at.
struct Controller {
  std::uint64_t number = 0;       // st_rdev of its character device
  DiskIdentity drive;             // that it is of
  std::vector<DeviceId> disks{};  // that the kernel has made of the drive's namespaces, so far

  // Whether the device is one of its disks, or a partition of one.
  bool has(const DeviceId& device) const;
};

// Holds all disks of a controller for as long as it is served whole. Any thread.
class ControllerClaim {
 public:
  ControllerClaim(Controller controller, std::vector<std::unique_ptr<Claim>> disks)
      : controller_(std::move(controller)), disks_(std::move(disks)) {}
  virtual ~ControllerClaim() = default;
  ControllerClaim(const ControllerClaim&) = delete;
  ControllerClaim& operator=(const ControllerClaim&) = delete;

  const Controller& controller() const { return controller_; }

  // Whether the controller is still there: not one that was pulled out, whose number another may
  // have by now.
  virtual bool present() const = 0;

 private:
  const Controller controller_;
  const std::vector<std::unique_ptr<Claim>> disks_;
};

// What is to be thought of the signature of a volume manager on a disk that nobody uses. A disk
// that has been served may carry what its hosts put on it.
enum class Members { refuse, allow };

class DeviceProbe {
 public:
  virtual ~DeviceProbe() = default;

  // Which thing the path leads to: missing (ENOENT), of the wrong kind (ENOTBLK), on an nvmeofs
  // mount (ELOOP). Opens nothing.
  virtual Result<DeviceId> identify(const std::string& path) = 0;

  // Whether a caller who is not root may have this path served: what he could not open for reading
  // and writing himself he could read and write as a host of the export. And nobody but root may be
  // able to lead the path elsewhere, as the kernel follows it as root, whenever the export is
  // enabled. EACCES; opens nothing.
  virtual Result<void> check_caller(const Caller& caller, const std::string& path) = 0;

  // All of identify, and every check of view.md that needs no knowledge of exports: writable
  // (EROFS), not in use, no idle member of a volume manager unless that is allowed, not the
  // system's disk (EBUSY). The
  // message says by whom it is used. With force the in-use checks are skipped, not the others.
  // Leaves nothing open.
  virtual Result<Disk> examine(const DevicePath& device, Members members) = 0;

  // examine(), and keeps the device from everyone else on this machine until the claim ends:
  // O_EXCL for a block device (nvmet itself takes no claim: the kernel serves a mounted disk
  // without a word), flock for a file. With force: as much of that as can be had.
  virtual Result<std::unique_ptr<Claim>> claim(const DevicePath& device, Members members) = 0;

  // Which NVMe controller of this machine the path leads to: missing (ENOENT), no such controller
  // (EINVAL), on an nvmeofs mount, or one that leads to another machine (ELOOP). Opens nothing.
  virtual Result<Controller> identify_controller(const std::string& path) = 0;

  // identify_controller(), and keeps its disks from everyone else on this machine until the claim
  // ends, each with the checks of examine() but for those that only a disk has to pass: a drive may
  // have a read-only namespace. A disk that comes later is not kept. The messages name the disk.
  virtual Result<std::unique_ptr<ControllerClaim>> claim_controller(const DevicePath& device,
                                                                    Members members) = 0;

  // ENOTBLK for a file, of which nobody counts it; ENOENT when the device is gone. Looks up no path
  // of the user's and opens no device: never waits for one. Any thread.
  virtual Result<DeviceIo> io(const DeviceId& device) = 0;
};

class AddressProbe {
 public:
  virtual ~AddressProbe() = default;

  // The address is of this machine (EADDRNOTAVAIL), and with rdma an RDMA device answers for it
  // (ENODEV). A loopback address has none (the kernel takes one all the same, and serves nobody).
  // With fc, as far as can be seen: ports of nvme-fcloop are the kernel's to tell, at the link.
  virtual Result<void> check(const TransportAddress& address) = 0;

  // Hosts could come over TLS: the kernel has its keyring for it (ENODEV), and tlshd runs (ESRCH).
  virtual Result<void> check_tls() = 0;
};

}  // namespace nvmeofs
