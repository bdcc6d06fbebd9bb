// The one place where things change. Requests come in from any thread and are answered later, each
// exactly once; one applier thread decides on them in the order of their arrival; the kernel's
// steps are performed on a thread of their own, so that a step which hangs in the kernel holds up
// its own request and nobody else's.
//
// What is accepted is in the store before the kernel hears of it, and what the store says is
// brought about at the start and whenever the machine changes, each export by itself.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "nvmeofs/backend.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/machine_watch.h"
#include "nvmeofs/probe.h"
#include "nvmeofs/sessions.h"
#include "nvmeofs/snapshot.h"
#include "nvmeofs/step.h"
#include "nvmeofs/store.h"
#include "nvmeofs/timings.h"

namespace nvmeofs {

// Everything outside, by reference: they outlive the engine.
struct Environment {
  Backend& backend;
  DeviceProbe& devices;
  AddressProbe& addresses;
  Sessions& sessions;
  MachineWatch& watch;
  Store& store;
  std::string boot_id;  // of this run of the kernel: objects of another one are gone
};

struct EngineOptions {
  bool hosts_any = true;                     // what a new export's hosts are: any, or nobody
  bool look_after = true;                    // brings up by itself what is enabled
  std::chrono::milliseconds patience{2000};  // how long others wait for a step of somebody else
};

class Engine {
 public:
  // start() loads the store, observes the kernel once and begins to answer.
  Engine(Environment environment, EngineOptions options);
  ~Engine();  // stop()
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Result<void> start();
  // Until each export that is to be enabled has been tried once, or until the time is over.
  void wait_for_first_look(std::chrono::milliseconds patience) const;
  // Answers what is under way and starts nothing new (EINTR … ESHUTDOWN). Exports are left as they
  // are.
  void stop();

  // Any thread; returns at once.
  void submit(Request request, Completion completion);

  // Any thread; never waits for the applier.
  std::shared_ptr<const Snapshot> snapshot() const;

  // Called from the applier with no lock held after each published snapshot. Set before start().
  void on_publish(std::function<void(const Snapshot& before, const Snapshot& after)> observer);

  // Looks at the machine at the moment of the call. Any thread; may take milliseconds.
  Result<Status> status(std::uint64_t serial) const;                // ESTALE
  Result<std::vector<Client>> clients(std::uint64_t serial) const;  // ESTALE, or the probe's error

  // The same of all exports that the kernel serves, by name, with one look.
  Result<std::map<std::string, std::vector<Client>>> all_clients(const Snapshot& snapshot) const;

  // Of a device of a snapshot. Any thread; never waits.
  Result<DeviceIo> io(const DeviceId& device) const;

  // The target as it is to be saved: what the kernel has, and what enabled exports still wait for.
  Target target_to_save() const;

  // How long it took to answer what was submitted. Any thread.
  Timings timings() const;

  // What writing 1 to enabled would do now, or 0 once it is enabled; pure over the snapshot.
  // EINVAL when the export is not complete enough to be enabled.
  Result<Plan> plan(std::uint64_t serial) const;

  const Backend& backend() const;

  // Modules that were loaded for exports since the machine was booted, by this program or one
  // before. Not while it runs.
  std::set<std::string> modules_loaded() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nvmeofs
