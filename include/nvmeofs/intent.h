// What a user asks for: a write, mkdir or rmdir that has been parsed, and who asks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nvmeofs/error.h"
#include "nvmeofs/export.h"

namespace nvmeofs {

struct Caller {
  uid_t uid = 0;
  pid_t pid = 0;
  std::string command;  // /proc/<pid>/comm at the time of the request; untrusted
};

struct MakeExport {};
struct RemoveExport {};
struct SetDevice {
  std::optional<DevicePath> device;  // nothing: cleared
};
struct SetAddresses {
  std::vector<TransportAddress> addresses;
  bool append = false;
};
struct SetHosts {
  Hosts hosts;
  bool append = false;
  bool force = false;  // ends the connections of hosts that are left out
};
struct SetEnabled {
  bool on = false;
  bool force = false;  // with off: although hosts are connected
};
// Out of the kernel, until somebody looks after it again: it stays enabled in the store.
struct TakeDown {
  bool force = false;
};

using Intent =
    std::variant<MakeExport, RemoveExport, SetDevice, SetAddresses, SetHosts, SetEnabled, TakeDown>;

// One request, refused already at parsing or not: the engine keeps the record of both.
struct Request {
  Caller caller;
  std::string name;  // the export's name as the user gave it; untrusted until parsed
  std::uint64_t serial =
      0;              // of the export that was opened; 0 for mkdir and rmdir, which go by name
  std::string file;   // "device"; "" for mkdir and rmdir
  std::string value;  // as written, without the newline; untrusted
  Result<Intent> intent;
};

// Called exactly once, from a thread of the engine, with no lock held.
using Completion = std::function<void(Result<void>)>;

}  // namespace nvmeofs
