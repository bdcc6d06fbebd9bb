// What is kept over restarts: the exports as the user wants them, and what in the kernel is ours.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "nvmeofs/access.h"
#include "nvmeofs/error.h"
#include "nvmeofs/export.h"
#include "nvmeofs/port_setting.h"

namespace nvmeofs {

// The disk as the kernel has opened it for the namespace, which shows a path and no more.
struct ServedDisk {
  std::string boot_id;      // the kernel that opened it
  std::string appearance;   // Claim::appearance()
  std::uint64_t bytes = 0;  // as hosts were told; 0: not known
  bool operator==(const ServedDisk&) const = default;
};

struct StoredExport {
  Export wanted;
  std::chrono::system_clock::time_point made{};
  std::map<Nsid, ServedDisk> served{};  // while it is enabled
  AccessOf access{};
  bool operator==(const StoredExport&) const = default;
};

// Objects of the kernel that were made for exports, and modules that were loaded. Of one boot: the
// kernel forgets its objects at the end of it.
struct StoredKernel {
  std::string boot_id{};                       // /proc/sys/kernel/random/boot_id
  std::map<std::string, std::string> ports{};  // directory name → TransportAddress::uri()
  std::set<std::string> hosts{};               // host NQNs
  std::set<std::string> modules{};             // that were not loaded before: "nvmet_tcp"
  bool operator==(const StoredKernel&) const = default;
};

// How it was before a saved target began to be restored: of exports those that it may touch, by
// name.
struct BeforeRestore {
  std::string boot_id{};                          // of the kernel that it began in
  std::map<std::string, StoredExport> exports{};  // of ours
  std::map<std::string, StoredExport> foreign{};  // that something else had made
  std::set<std::string> made{};                   // that were not there
  std::map<TransportAddress, WantedPort> ports{};
  std::map<std::string, Host> hosts{};

  bool touches(const std::string& name) const {
    return exports.contains(name) || foreign.contains(name) || made.contains(name);
  }
  bool operator==(const BeforeRestore&) const = default;
};

struct StoredState {
  std::map<std::string, StoredExport> exports;  // by name
  StoredKernel kernel;
  std::map<TransportAddress, WantedPort> ports{};  // what was written, of addresses of exports
  std::map<std::string, Host> hosts{};  // what was written, by NQN; nothing: a directory was made
  // While one is being restored. Of a program that is gone: it was killed on the way.
  std::optional<BeforeRestore> restoring{};
  bool operator==(const StoredState&) const = default;
};

// One thread.
class Store {
 public:
  virtual ~Store() = default;

  // What was saved last; an empty state where nothing was. An error says what is wrong with it and
  // how to go back; nothing may be saved over it then.
  virtual Result<StoredState> load() = 0;

  // When it returns, the state is on the disk and outlives a power cut. On an error the old one is
  // there as before: the errno is the file system's (ENOSPC, EIO, EROFS …), Reason::not_saved.
  virtual Result<void> save(const StoredState& state) = 0;
};

}  // namespace nvmeofs
