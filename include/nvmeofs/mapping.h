// Between the user's exports and the kernel's objects.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "nvmeofs/export.h"
#include "nvmeofs/port_setting.h"
#include "nvmeofs/step.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

// Objects that exports share, and that were made for them: removed with the last use. All others
// of their kind belong to somebody else, and are used but never changed or removed.
struct Shared {
  std::set<std::string> ports;  // directory names
  std::set<std::string> hosts;  // host NQNs
  // What a port at the address is to have beside it.
  std::map<TransportAddress, WantedPort> wanted_ports{};
  // What a host is to have beside its name, by NQN.
  std::map<std::string, Host> host_settings{};
  // Ports are not removed now, though nobody uses them.
  bool keeps_ports = false;
  bool operator==(const Shared&) const = default;
};

// What an export names and this machine has not, or not yet.
struct Absent {
  std::set<Nsid> devices;  // of these namespaces
  std::set<TransportAddress> addresses;
  bool controller = false;
  bool operator==(const Absent&) const = default;
};

// The wanted state: `observed` with the subsystem of `wanted`, its links, and the ports and hosts
// that it needs or no longer needs, as `wanted` has them. Everything else is copied as it stands.
// A disabled export has nothing in the kernel.
//
// What is absent is left out. A subsystem that hosts know already stays without it: they keep their
// connections when a disk is pulled out, and see it come back. One that is not there is made only
// when it has a disk and an address.
Target with_export(const Target& observed, const Export& wanted, const Shared& ours,
                   const Absent& absent = {});

// The steps from what is observed to with_export().
Plan plan_to(const Target& observed, const Export& wanted, const Shared& ours,
             const Absent& absent = {});

// A target by its exports: whether the kernel has one of them as it should be is seen in a part of
// it. plan_to() works on a copy of all that it is given, and a thousand copies of a thousand are
// slow.
class TargetParts {
 public:
  // Both outlive it.
  TargetParts(const Target& observed, const Shared& ours);

  // plan_to() for this export is empty over the part if and only if it is over the whole.
  Target of(const Export& wanted) const;

 private:
  const Target& observed_;
  std::multimap<TransportAddress, std::string> ports_at_;
  std::multimap<std::string, std::string> ports_of_;  // by the subsystem that they serve
  std::vector<std::string> idle_ports_;               // ours, that serve nothing
  std::map<std::string, std::size_t> named_;          // in how many subsystems, by host
  std::vector<std::string> idle_hosts_;               // ours, that no subsystem names
};

// The same, and all hosts of the export are sent away on the way: those that may come back do so by
// themselves, after their reconnect_delay (10 s unless they were told otherwise). nvmet asks only
// when a host connects whether it may (nvmet_host_allowed); what is left of an allowed host's
// connections ends with the links, and with nothing else that a Debian kernel offers for RDMA too.
Plan plan_sending_hosts_away(const Target& observed, const Export& wanted, const Shared& ours,
                             const Absent& absent = {});

// A host of ours as it is to be, where the kernel has `present` of it: no more and no less than
// what is set.
Host host_with(const Host& present, const Host& settings);

// Whether the kernel's subsystem of that name has the serial number of this export.
bool is_made_for(const Target& observed, const Export& wanted);
// Whether there is a subsystem of that name with nothing in it and nothing that leads to it, as one
// is that was only just made.
bool is_bare(const Target& observed, const std::string& subsystem);

// What `observed` holds of the name: the export as somebody else's view of it would be. Used to
// show subsystems that others made. A path or an address that we would refuse is left out. `fresh`:
// what new ones of this kernel have, which nobody need have chosen.
Export recognise(const Target& observed, const Nqn& name, const KernelAttributes& fresh);

// Whether the subsystem is exactly what an Export can say: namespaces that are enabled, and ports
// whose address an export can name. Only then can it be adopted without losing anything.
bool is_plain(const Target& observed, const std::string& subsystem, const KernelAttributes& fresh);

// Ours, and what the plan makes.
Shared shared_with(const Shared& ours, const Plan& plan);

// Ports and hosts of ours after we performed these steps, of which the kernel then shows
// `observed`.
Shared shared_after(const Shared& ours, const Plan& performed, const Target& observed);

// The way back for one export: `now` with the subsystem, its links, and the ports and hosts that
// `performed` made or removed, as `before` had them. What others changed meanwhile stays as it is.
Target restored(const Target& now, const Target& before, const std::string& subsystem,
                const Plan& performed);

// The ports that serve a subsystem, by directory name.
std::map<std::string, TransportAddress> ports_of(const Target& observed,
                                                 const std::string& subsystem);

}  // namespace nvmeofs
