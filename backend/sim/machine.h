// A made-up machine: its disks, its addresses, and what other programs do with them.
//
// A plain value without a lock; the one that counts is inside SimKernel, which hands out copies and
// takes edits.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/probe.h"

namespace nvmeofs {

struct SimDevice {
  enum class Kind { block, file, directory, character, controller };

  Kind kind = Kind::block;
  std::uint64_t number = 0;  // device number, or inode of a file; unique in its kind
  std::uint64_t bytes = 0;
  bool read_only = false;
  bool direct_io = true;       // of a file: its file system takes O_DIRECT
  bool system = false;         // under / or /boot
  std::string partition_of{};  // path of the whole disk
  std::string namespace_of{};  // of an NVMe disk: path of its controller
  std::string used_by{};       // "mounted on /srv (ext4)": an O_EXCL open fails
  std::string member_of{};     // "a physical volume of LVM", idle
  std::string identity{};      // what the disk, or the drive, says of itself; empty: nothing
  std::uint64_t claim = 0;     // the claim that holds it, by number; 0: none. SimDevices' own
};

// Where another program listens with TCP. The address is 0.0.0.0 or :: for every address.
struct SimListener {
  std::string traddr;
  std::uint16_t trsvcid = 0;
  std::string program;
};

struct SimMachine {
  // Who has it may read and write every disk and file. Debian's `disk`.
  static constexpr gid_t disk_group = 6;

  // By path. To pull a disk out is to erase it; plugged in again it is a new entry, with another
  // number unless the kernel gives it the old one.
  std::map<std::string, SimDevice> devices;
  std::map<std::string, std::string> aliases;    // symbolic link → path
  std::map<std::string, std::string> addresses;  // traddr, with %zone → RDMA device, or empty
  std::vector<SimListener> listeners;            // of other programs
  std::set<std::string> fc_ports;                // traddr, that serve
  bool fcloop = false;                           // which of them do, only a link tells
  // That the kernel has a module for.
  std::set<Trtype> transports{Trtype::rdma, Trtype::tcp, Trtype::loop, Trtype::fc};

  bool tlshd = true;  // runs

  // What `nvmeofs sim` starts with.
  static SimMachine example();

  // The inventory for a person: a line per disk and address.
  std::string describe() const;

  // The device behind a path: aliases followed, `//`, `.` and `..` taken out. nullptr: missing.
  const SimDevice* find(std::string_view path) const;
  SimDevice* find(std::string_view path);
  std::string resolve(std::string_view path) const;

  // Whether an address, as the kernel's ports write it, is of this machine; all of 127.0.0.0/8 is
  // when 127.0.0.1 is. The wildcards are.
  bool has_address(const std::string& traddr) const;
  bool has_rdma() const;
  // The RDMA device that answers for it; empty: none. Wildcards: any.
  std::string rdma_device_of(const std::string& traddr) const;
};

}  // namespace nvmeofs
