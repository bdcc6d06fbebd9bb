// What is shown: an immutable picture of the engine's state at one moment.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nvmeofs/access.h"
#include "nvmeofs/error.h"
#include "nvmeofs/export.h"
#include "nvmeofs/host_setting.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/mapping.h"
#include "nvmeofs/port_setting.h"
#include "nvmeofs/probe.h"
#include "nvmeofs/sessions.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

// One line of `log`. Texts from outside are kept as they came; whoever prints them escapes them.
struct Record {
  std::chrono::system_clock::time_point when;
  Caller caller;
  std::string what;  // "exports/toto/address = 192.168.1.32", "mkdir exports/toto"
  int errnum = 0;    // 0: done
  Reason reason{};   // when errnum is not 0
  std::string text;  // why it was refused and the way out; or what was done
};

// What there has been of records since the program began.
struct Tally {
  std::uint64_t done = 0;
  std::map<Reason, std::uint64_t> refused{};

  void count(const Record& record) { ++(record.errnum == 0 ? done : refused[record.reason]); }
};

struct SpaceView {
  std::uint64_t serial = 0;  // never given twice while the program runs; of namespaces alone
  std::chrono::system_clock::time_point made{};
  std::optional<DeviceId> device{};  // that is held for it; nothing: none is
};

struct ExportView {
  std::uint64_t serial = 0;  // never given twice while the program runs
  bool foreign = false;      // made by something else
  Export wanted;
  std::chrono::system_clock::time_point made{};
  std::chrono::system_clock::time_point changed{};
  std::optional<Record> refused{};  // the last refusal, until the next accepted change
  std::string failed{};             // not empty: what went wrong without anyone asking, or is stuck
  std::string waiting{};            // not empty: what it waits for, while it is enabled
  Absent absent{};                  // what is left out until it is there, while it is enabled
  std::string note{};               // not empty: what is odd and no failure
  AccessOf access{};
  std::map<Nsid, SpaceView> spaces{};  // of wanted.spaces
};

// Where a namespace is.
struct SpacePlace {
  std::string name;  // of the export
  Nsid nsid = first_nsid;
};

struct ReferralView {
  std::uint64_t serial = 0;  // never given twice while the program runs; of referrals alone
  std::chrono::system_clock::time_point made{};
  Referral wanted{};
  bool operator==(const ReferralView&) const = default;
};

// Where a referral is.
struct ReferralPlace {
  std::string port;  // TransportAddress::name()
  std::string name;
};

// An address that exports name, enabled or not.
struct PortView {
  std::uint64_t serial = 0;  // never given twice while the program runs; of ports alone
  TransportAddress address;
  WantedPort wanted{};              // as written
  Attributes attributes{};          // of the kernel's port there; empty: there is none
  AnaStates ana_groups{};           // that are in use or in the kernel, or were written
  std::set<std::string> exports{};  // what the kernel serves there, by NQN
  std::map<std::string, ReferralView> referrals{};  // of wanted.referrals
  std::chrono::system_clock::time_point made{};
  std::chrono::system_clock::time_point changed{};

  // What counts: as written, or as the kernel's port has it. Nothing: neither.
  std::optional<std::string> value(const PortSetting& setting) const;
  AnaState ana_state(AnaGroup group) const;
  bool operator==(const PortView&) const = default;
};

struct PortsSnapshot {
  std::map<std::string, PortView> views;  // by TransportAddress::name()
  std::map<std::uint64_t, std::string> names;
  std::map<std::uint64_t, ReferralPlace> referrals;  // by serial

  // nullptr when there is none.
  const PortView* find(std::uint64_t serial) const;
};

// A host that exports name, or that somebody made a directory or wrote something for.
struct HostView {
  std::uint64_t serial = 0;         // never given twice while the program runs; of hosts alone
  Host settings{};                  // as written
  Host kernel{};                    // as the kernel's host has it; empty: there is none
  std::set<std::string> exports{};  // of ours, that name it
  std::chrono::system_clock::time_point made{};
  std::chrono::system_clock::time_point changed{};

  // What counts: as written, or as the kernel's host has it. Nothing: neither.
  std::optional<Secret> value(const HostSetting& setting) const;
  bool operator==(const HostView&) const = default;
};

struct HostsSnapshot {
  std::map<std::string, HostView> views;  // by NQN
  std::map<std::uint64_t, std::string> names;

  // nullptr when there is none.
  const HostView* find(std::uint64_t serial) const;
};

struct Snapshot {
  std::uint64_t generation = 0;
  std::map<std::string, ExportView> exports;   // by name, foreign ones included
  std::map<std::uint64_t, std::string> names;  // of the exports, by serial
  std::map<std::uint64_t, SpacePlace> spaces;  // by serial
  PortsSnapshot ports;
  HostsSnapshot hosts;
  Target observed;
  Shared ours;
  std::deque<Record> log;  // oldest first, 256 at most
  Tally tally;
  std::uint64_t steps = 0;  // that the kernel has taken since the program began

  // nullptr when there is none.
  const ExportView* find(std::uint64_t serial) const;
};

enum class State { disabled, enabled, waiting, drifted, failed, foreign };
enum class AddressState { listening, waiting, gone };

inline constexpr std::array export_states{State::disabled, State::enabled, State::waiting,
                                          State::drifted,  State::failed,  State::foreign};

std::string_view to_string(State state);
std::string_view to_string(AddressState state);

// Of all exports, by name, as `status` has it. Pure; a thousand are no matter.
std::map<std::string, State> states_of(const Snapshot& snapshot);

// What `status` says, as values.
struct Status {
  State state = State::disabled;
  std::string detail;  // of waiting, drifted and failed: for what, or how, in a few words
  std::vector<std::pair<TransportAddress, AddressState>> addresses;
  Hosts hosts;
  std::optional<std::size_t> clients;  // nothing: not known
  std::string note;
  std::optional<Record> refused;
};

}  // namespace nvmeofs
