// An export: a disk, or several, served under one NQN on some addresses to some hosts. What the
// user wants; the kernel's side of it is in target.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/ana.h"
#include "nvmeofs/error.h"
#include "nvmeofs/nqn.h"
#include "nvmeofs/passthru.h"
#include "nvmeofs/space_setting.h"
#include "nvmeofs/subsystem_setting.h"

namespace nvmeofs {

// An absolute path as it was written, and whether the in-use checks are to be skipped.
class DevicePath {
 public:
  // nvmet cuts at a newline, keeps blanks as part of the path, and reads one byte past its page at
  // 4095 bytes: so 1 to 4094 bytes, no control characters, none at the ends but ` force`.
  static constexpr std::size_t max_length = 4094;

  static Result<DevicePath> parse(std::string_view text);

  const std::string& path() const { return path_; }
  bool force() const { return force_; }
  std::string str() const { return force_ ? path_ + " force" : path_; }
  bool operator==(const DevicePath&) const = default;

 private:
  DevicePath(std::string path, bool force) : path_(std::move(path)), force_(force) {}
  std::string path_;
  bool force_ = false;
};

// Who may connect. `any` and a list exclude each other in the kernel too (EINVAL there).
struct Hosts {
  bool any = false;
  std::set<Nqn> list;  // empty unless any is false; empty and not any: nobody

  // `any`, or one host NQN a line.
  static Result<Hosts> parse(std::string_view text);
  bool operator==(const Hosts&) const = default;
};

// What is written to `hosts`: a line that ends in ` force` is meant although a host is connected
// that the list leaves out, and ends its connections.
struct WrittenHosts {
  Hosts hosts;
  bool force = false;

  static Result<WrittenHosts> parse(std::string_view text);
};

// What makes it the same to a host, however often the kernel's objects are made anew: nvmet would
// invent both on each creation, and a host would see another disk after every restart.
struct Identity {
  std::string serial{};  // 1 to 20 printable characters
  std::string model{};   // 1 to 40 printable characters
  bool operator==(const Identity&) const = default;
};

// Which disk it is, whatever its path and its device number: what the disk says of itself.
struct DiskIdentity {
  // "wwid naa.5000…", "partuuid …", "dm LVM-…", "md …", "file inode 12 on ext4 …"; of a file its
  // inode and its file system. Empty: the disk says nothing (null_blk, brd), and its path is all
  // that is known of it.
  std::string text;
  bool operator==(const DiskIdentity&) const = default;

  // Whether it can be the same disk: unless both say who they are, and it is not the same.
  bool can_be(const DiskIdentity& other) const {
    return text.empty() || other.text.empty() || text == other.text;
  }
};

// Of a namespace. Linux serves up to 1024 in a subsystem, and tells hosts that there are no more.
using Nsid = std::uint32_t;
inline constexpr Nsid first_nsid = 1;
inline constexpr Nsid last_nsid = 1024;

// A namespace as the user wants it; what the kernel has is a Namespace.
struct Space {
  std::optional<DevicePath> device{};
  DiskIdentity disk{};       // of the device, when it was written
  bool has_served = false;   // this disk: what hosts have written on it is no reason to refuse it
  bool enabled = false;      // whenever the export is
  std::string uuid{};        // 8-4-4-4-12, lower case
  std::string nguid{};       // in the same form
  bool direct = true;        // the device takes direct I/O: as it was seen when it was written
  SpaceSettings settings{};  // as written; what is not is left to the kernel
  AnaGroup ana_group = first_ana_group;

  // Namespace 1 is enabled before it has a device.
  bool serves() const { return enabled && device; }
  bool operator==(const Space&) const = default;
};

// An NVMe controller of this machine as the user wants it served, whole, instead of namespaces;
// what the kernel has is a Passthru.
struct ServedController {
  std::optional<DevicePath> device{};  // "/dev/nvme0"
  DiskIdentity drive{};                // that the controller is of, when it was written
  bool has_served = false;  // this drive: what hosts have written on it is no reason to refuse it
  bool enabled = false;     // whenever the export is
  PassthruSettings settings{};  // as written; what is not is left to the kernel
  bool operator==(const ServedController&) const = default;
};

struct Export {
  Nqn name;
  // Namespace 1 is always there: its device is the export's.
  std::map<Nsid, Space> spaces{{first_nsid, Space{.enabled = true}}};
  std::vector<TransportAddress> addresses{};  // no two equal; in the order written
  Hosts hosts{};
  bool enabled = false;
  Identity identity{};
  SubsystemSettings settings{};  // as written; what is not is left to the kernel
  ServedController controller{};

  Space& first() { return spaces.at(first_nsid); }
  const Space& first() const { return spaces.at(first_nsid); }
  bool operator==(const Export&) const = default;
};

// A number from 1 to 1024, as nothing but its digits.
Result<Nsid> parse_nsid(std::string_view text);

// 8-4-4-4-12 hexadecimal digits, in lower case from then on. All zeros are no UUID.
Result<std::string> parse_uuid(std::string_view text);
// 32 hexadecimal digits, in the form of a UUID or without its dashes; all zeros: none.
Result<std::string> parse_nguid(std::string_view text);

// Splits a list value into its lines; blank lines are not entries.
std::vector<std::string_view> lines_of(std::string_view text);

// One address a line, in the order written; one that is repeated counts once.
Result<std::vector<TransportAddress>> parse_addresses(std::string_view text,
                                                      Trtype default_transport);

// What the kernel's kstrtobool takes (EINVAL otherwise): 1 y Y t T on / 0 n N f F off.
Result<bool> parse_bool(std::string_view text);

}  // namespace nvmeofs
