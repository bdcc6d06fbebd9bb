// What a user asks for: a write, mkdir or rmdir that has been parsed, and who asks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nvmeofs/access.h"
#include "nvmeofs/caller.h"
#include "nvmeofs/error.h"
#include "nvmeofs/export.h"
#include "nvmeofs/secret.h"
#include "nvmeofs/target_config.h"

namespace nvmeofs {

struct MakeExport {};
struct RemoveExport {};
struct SetDevice {
  std::optional<DevicePath> device;  // nothing: cleared
  Nsid nsid = first_nsid;
};
struct MakeNamespace {
  Nsid nsid = first_nsid;
  AccessOf access{};  // of its directory and files, where whoever makes it is not the mount's owner
};
struct RemoveNamespace {
  Nsid nsid = first_nsid;
};
struct SetNamespaceEnabled {
  Nsid nsid = first_nsid;
  bool on = false;
  bool force = false;  // with off: although hosts are connected
};
struct SetNamespaceSetting {
  Nsid nsid = first_nsid;
  std::string setting;               // SpaceSetting::name
  std::optional<std::string> value;  // as the kernel reads it back; nothing: left to the kernel
};
struct SetNamespaceAnaGroup {
  Nsid nsid = first_nsid;
  AnaGroup group = first_ana_group;
};
struct SetNamespaceIdentity {
  Nsid nsid = first_nsid;
  // In the form 8-4-4-4-12, lower case; one of the two.
  std::optional<std::string> uuid;
  std::optional<std::string> nguid;
};
// Of the controller that is served whole.
struct SetController {
  std::optional<DevicePath> device;  // nothing: cleared
};
// Off, it takes no host anything away: the export serves nothing else, and is disabled already.
struct SetControllerEnabled {
  bool on = false;
};
struct SetControllerSetting {
  std::string setting;               // PassthruSetting::name
  std::optional<std::string> value;  // as the kernel reads it back; nothing: left to the kernel
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
struct SetSubsystemSetting {
  std::string setting;               // SubsystemSetting::name
  std::optional<std::string> value;  // as the kernel reads it back; nothing: left to the kernel
};
// chown and chmod, of the file or of the directory. Changes nothing in the kernel.
struct SetAccess {
  Access access;
};
// Of a port.
struct SetPortSetting {
  std::string setting;               // PortSetting::name
  std::optional<std::string> value;  // as written: what it may be hangs on the port's transport
};
struct SetAnaState {
  AnaGroup group = first_ana_group;
  AnaState state = AnaState::optimized;
};
struct MakeReferral {
  std::string name;
};
struct RemoveReferral {
  std::string name;
};
struct SetReferralAddress {
  std::string name;
  std::optional<TransportAddress> address;  // nothing: cleared
};
struct SetReferralEnabled {
  std::string name;
  bool on = false;
};
// mkdir and rmdir in hosts/.
struct MakeHost {};
struct RemoveHost {};
// Of a host. What it may be has been looked at; the value of any of them may be a key.
struct SetHostSetting {
  std::string setting;  // HostSetting::name
  Secret value;         // empty: none
};
// All of it at once, as a saved target has it. A serial number, a model, a UUID that is empty stays
// the export's own.
struct TakeExport {
  Export next;
  bool force = false;  // it was so a moment ago, and is taken back although hosts are connected
};
// A saved target: by difference, all of it or nothing.
struct TakeTarget {
  std::shared_ptr<const TargetConfig> config;
};
// Out of the kernel, until somebody looks after it again: it stays enabled in the store.
struct TakeDown {
  bool force = false;
};

using Intent =
    std::variant<MakeExport, RemoveExport, MakeNamespace, RemoveNamespace, SetNamespaceEnabled,
                 SetNamespaceSetting, SetNamespaceAnaGroup, SetNamespaceIdentity, SetDevice,
                 SetController, SetControllerEnabled, SetControllerSetting, SetAddresses, SetHosts,
                 SetEnabled, SetSubsystemSetting, SetAccess, SetPortSetting, SetAnaState,
                 MakeReferral, RemoveReferral, SetReferralAddress, SetReferralEnabled, MakeHost,
                 RemoveHost, SetHostSetting, TakeExport, TakeTarget, TakeDown>;

// Whose name, serial and file a request has.
enum class About { an_export, a_port, a_host, the_target };

// One request, refused already at parsing or not: the engine keeps the record of both.
struct Request {
  Caller caller;
  std::string name;  // the export's name as the user gave it; untrusted until parsed
  std::uint64_t serial =
      0;              // of the export that was opened; 0 for mkdir and rmdir, which go by name
  std::string file;   // "device"; "" for mkdir, rmdir, and chown of the directory
  std::string value;  // as written, without the newline; untrusted; never a secret
  Result<Intent> intent;
  About about = About::an_export;
  // Serial of the namespace, or of the referral, whose file was opened; 0: of none.
  std::uint64_t space = 0;
};

// Called exactly once, from a thread of the engine, with no lock held.
using Completion = std::function<void(Result<void>)>;

}  // namespace nvmeofs
