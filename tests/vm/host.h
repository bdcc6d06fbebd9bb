// The other end: the kernel's initiator in the same guest, and nvme-cli.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "shell.h"

namespace nvmeofs::vm {

// A host NQN and its id: kernels from 6.12 on refuse one with another partner.
struct Host {
  std::string nqn;
  std::string id;
};

inline const Host first_host{"nqn.2014-08.org.nvmexpress:uuid:5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c01",
                             "5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c01"};
inline const Host second_host{
    "nqn.2014-08.org.nvmexpress:uuid:5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c02",
    "5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c02"};

// The transport and address of a host's side: "tcp", "192.168.1.32".
struct Way {
  std::string trtype;
  std::string traddr = "192.168.1.32";
  std::string trsvcid = "4420";
  std::string options{};  // more of the kernel's: ",dhchap_secret=…"
};

// What `nvme connect` asks of the kernel, without nvme-cli's own opinion: it takes a second host of
// one machine for the first. Tries again every second and gives up after a minute when the
// connection is lost. "ok", or the symbol of the errno.
std::string connect(const Way& way, const std::string& subsystem, const Host& host = first_host);
// The same where it must succeed; the kernel's last words are shown if it does not.
void must_connect(const Way& way, const std::string& subsystem, const Host& host = first_host);
// The kernel's target turns it away, because this host may not connect.
void must_be_turned_away(const Way& way, const std::string& subsystem, const Host& host);
// Over loop, to this machine itself: "ok", or the symbol of the errno.
std::string connect_over_loop(const std::string& subsystem);
void disconnect(const std::string& subsystem);

// As which host this machine connects when nothing else is said: /etc/nvme/hostnqn and hostid.
void keep_host_identity(const Host& host);

// The controllers of a subsystem ("nvme0"), or of all of them without one.
std::vector<std::string> controllers(const std::string& subsystem = "");
// Of its only controller: state, cntlid, serial, address …; empty when there is not exactly one.
std::string controller_attribute(const std::string& subsystem, const std::string& name);

// The node of its only disk, when that has come; empty if it did not within the usual limit.
std::string disk_of(const std::string& subsystem);
std::string disk_attribute(const std::string& disk, const std::string& name);

// Past both page caches: the same text has gone through the one disk to the other.
std::string random_bytes(std::size_t size);
void write_direct(const std::string& disk, const std::string& bytes, off_t offset = 0);
std::string read_direct(const std::string& disk, std::size_t size, off_t offset = 0);

// Writes through `disk` and finds it on `backing`, and again by reading back.
void check_data(const std::string& disk, const std::string& backing);

}  // namespace nvmeofs::vm
