// Decides on requests and carries them out, one at a time. Everything here belongs to one thread.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/live_export.h"
#include "engine/mailbox.h"
#include "engine/restoring.h"
#include "engine/runner.h"
#include "journal/record_log.h"
#include "nvmeofs/engine.h"
#include "nvmeofs/entries.h"
#include "nvmeofs/mapping.h"
#include "nvmeofs/snapshot.h"

namespace nvmeofs {

class Applier {
 public:
  using Publish = std::function<void(std::shared_ptr<const Snapshot>)>;

  Applier(Environment environment, EngineOptions options, std::shared_ptr<Mailbox> mailbox,
          Publish publish);
  ~Applier();

  // Loads the store, looks at the kernel for the first time, and publishes.
  Result<void> begin();

  std::set<std::string> modules_loaded() const;

  // Until a Stop is taken. Steps that are under way then are waited for, within the patience.
  // `looked` is called once, when every export has been looked after for the first time.
  void run(const std::function<void()>& looked);

 private:
  // applier.cpp: requests
  void handle(Submitted& submitted);
  void carry_out(Submitted& submitted);
  void make_export(Request& request, const Completion& completion);
  void remove_export(Request& request, const Completion& completion);
  void change_access(LiveExport& entry, Request& request, const Completion& completion);
  void change_export(LiveExport& entry, Request& request, Completion completion);
  void end();

  // checks.cpp: what a change needs before it may begin
  Result<void> prepare(LiveExport& entry, Transaction& transaction);
  Result<void> check_name_is_free(const LiveExport& entry);
  Result<void> check_identity_is_free(const Export& next);
  Result<void> check_addresses(const LiveExport& entry, Transaction& transaction, bool lenient);
  // EBUSY when a namespace would be inaccessible at a port that somebody else made: that one is
  // given no ANA groups.
  Result<void> check_ana_groups(const Export& next) const;
  Result<void> check_device(LiveExport& entry, Transaction& transaction, Nsid nsid, bool lenient);
  Result<void> check_written_device(LiveExport& entry, Transaction& transaction, Nsid nsid);
  // EBUSY when another export, or something else, serves the controller or a part of the disks;
  // `controller`: 0 is none.
  Result<void> check_not_served_elsewhere(const LiveExport& entry,
                                          const std::vector<DeviceId>& disks,
                                          std::uint64_t controller);
  // EBUSY when another namespace, of ours or not, serves the device or a part of it.
  Result<void> check_not_served(const LiveExport& entry, const Transaction& transaction, Nsid nsid,
                                const DeviceId& device);
  // The claim of what the path led to when it was looked at.
  Result<std::unique_ptr<Claim>> claim_same(const DevicePath& device, const DeviceId& seen,
                                            Members members);
  Result<std::unique_ptr<Claim>> claim_known(const LiveExport& entry,
                                             const Transaction& transaction, Nsid nsid);
  bool must_send_hosts_away(const Export& next);
  Result<void> check_nobody_loses(const LiveExport& entry, const Export& next, const Plan& plan,
                                  bool force);

  // controllers.cpp: the same for one that is served whole
  Result<void> check_controller(LiveExport& entry, Transaction& transaction, bool lenient);
  Result<void> check_written_controller(LiveExport& entry, Transaction& transaction);
  Result<std::unique_ptr<ControllerClaim>> claim_same(const DevicePath& device,
                                                      const Controller& seen, Members members);
  Result<std::unique_ptr<ControllerClaim>> claim_known_controller(const LiveExport& entry);

  // ports.cpp: the addresses in use, and what is set beside them
  void look_for_ports();
  void change_port(Request& request, const Completion& completion);
  void change_ana_state(const PortView& port, const SetAnaState& intent, const Request& request,
                        const Completion& completion);
  // The kernel's port at the address, where there is one and it has the group.
  Result<void> give_ana_state(const TransportAddress& address, AnaGroup group, AnaState state);
  // Gives each a serial that it keeps.
  void look_for_referrals(std::map<std::string, PortView>& ports);
  void change_referral(const PortView& port, const Request& request, const Completion& completion);
  // The kernel's port at the address, where there is one; `wanted` nothing: without it.
  Result<void> give_referral(const TransportAddress& address, const std::string& name,
                             const std::optional<PortReferral>& wanted);
  Result<void> check_port_is_ours(const PortView& port) const;
  bool is_only_kept(const PortView& port, const PortSetting& setting,
                    const std::optional<std::string>& value) const;
  Result<void> check_port_is_free(const PortView& port) const;
  // Whether settings were dropped of addresses that no export of ours names any more.
  bool forget_ports(StoredState& state) const;

  // restoring.cpp: a saved target, in steps that are taken back when one is refused
  void take_target(Request& request, Completion completion);
  // All steps up to the end, or to one that waits in the kernel.
  void run_restore();
  void go_on_restoring(Result<void> last);
  void prepare_step(const RestoreStep& step, const Intent& intent);
  Result<void> end_restore();
  // It was somebody else's before, and is from here on.
  void give_back(const std::string& name);
  static void make_foreign(LiveExport& entry);
  // EBUSY of what would be in the way of a restore, or of the way back from one.
  Result<void> check_nothing_is_restored(const Request& request) const;

  // cut_off.cpp: a restore that the program before this one did not end
  bool was_cut_off() const;
  // It waits for the end of that.
  bool is_taken_back(const std::string& name) const;
  void begin_taking_back();
  // Whether the kernel has it, made by us, and not as it was before.
  bool is_half_restored(const std::string& name, LiveExport& entry);
  void take_back(LiveExport& entry);
  void end_taking_back();

  // hosts.cpp: the hosts that exports name, and their keys
  void look_for_hosts();
  void make_host(Request& request, const Completion& completion);
  void remove_host(Request& request, const Completion& completion);
  void change_host(Request& request, const Completion& completion);
  // The kernel's host, where it has one and it is ours. An error: the kernel is as it was, or
  // waits.
  Result<void> give_to_kernel(const std::string& nqn, const Host& settings);
  // EBUSY when a host would be let in that somebody else made, with other keys than are set here;
  // ENODEV when this kernel has no keys.
  Result<void> check_hosts(const LiveExport& entry, const Export& next) const;
  Result<void> check_tls_of_ports(const LiveExport& entry, const Export& next) const;

  // presence.cpp: what comes and goes by itself
  void look_after_all();
  void look_after_postponed();
  void look_after(LiveExport& entry);
  // For a while: what the machine does meanwhile is looked at when that is over.
  static void leave_alone(LiveExport& entry);
  Result<void> find_all(LiveExport& entry, Transaction& transaction);
  Result<void> find_device(LiveExport& entry, Transaction& transaction, Nsid nsid);
  Result<void> find_controller(LiveExport& entry, Transaction& transaction);
  // Whether the kernel holds an earlier coming of the disk: it was pulled out and plugged in again
  // while no program looked.
  bool kernel_holds_another(const LiveExport& entry, Nsid nsid, const Claim& claim) const;
  void find_addresses(const LiveExport& entry, Transaction& transaction);
  void look_at_size(LiveExport& entry, Nsid nsid, LiveSpace& space);
  bool may_be_put_right(const LiveExport& entry, const Transaction& transaction, const Plan& plan);

  // transaction.cpp: into the kernel, or back
  // Objects that exports share, changed beside all transactions. An error: a step was refused, or
  // still waits (Reason::kernel_waits).
  Result<void> bring(const Target& next);
  void begin_transaction(LiveExport& entry, std::unique_ptr<Transaction> transaction, Plan plan);
  void run_steps(LiveExport& entry, Plan plan);
  // Goes on with a transaction as far as it goes without waiting long.
  void advance(LiveExport& entry);
  bool step_forward(LiveExport& entry, const Runner::Outcome& outcome, bool was_held_up);
  Result<void> check_opened_device(const Transaction& transaction);
  // The claims of the transaction are the export's from here on.
  void hold(LiveExport& entry, Transaction& transaction) const;
  void undo(LiveExport& entry, Error cause);
  void succeed(LiveExport& entry);
  void fail(LiveExport& entry, std::string failed);

  // saved.cpp: what outlives the program
  Result<void> load();
  // The state, and what the plan will make in the kernel.
  Result<void> save(StoredState next, const Plan& plan);
  Result<void> save_export(const std::string& name, const StoredExport& next, const Plan& plan);
  Result<void> save_removal(const std::string& name);
  ServedDisk opened_by(const Claim& claim) const;
  static std::map<Nsid, ServedDisk> opened(const LiveExport& entry);
  static AccessOf access_after(const LiveExport& entry, const Transaction& transaction);
  // As it is to be when the transaction is done.
  StoredExport stored_after(const LiveExport& entry, const Transaction& transaction) const;
  // After a change was taken back: only told in the log when that cannot be saved.
  void save_as_it_is(const LiveExport& entry);

  // records.cpp: what is shown and told
  Result<void> look();
  void look_for_foreign();
  void look_for_spaces();
  std::shared_ptr<Snapshot> picture();
  void publish();
  void publish_soon();
  void accept(LiveExport* entry, const Request& request, const Completion& completion,
              std::string text);
  void refuse_request(LiveExport* entry, const Request& request, const Completion& completion,
                      Error error);

  // What may be removed with its last use: while a step waits in the kernel, no port. rmdir of any
  // port waits for the end of every connection, with all of ports/ locked.
  Shared removable() const;

  Environment environment_;
  EngineOptions options_;
  std::shared_ptr<Mailbox> mailbox_;
  Publish publish_;

  Entries<LiveExport> entries_;
  Entries<LivePort> ports_;
  std::map<std::pair<std::string, std::string>, ReferralView> referrals_;  // by port and name
  Entries<LiveHost> hosts_;
  std::deque<std::uint64_t> to_look_after_;
  std::multimap<std::chrono::steady_clock::time_point, std::uint64_t> postponed_;
  std::unique_ptr<Restoring> restoring_;  // under way
  Target observed_;
  Shared ours_;
  StoredState stored_;
  std::set<std::string> followed_;
  RecordLog log_;
  std::uint64_t steps_ = 0;
  std::uint64_t generation_ = 0;
  std::uint64_t last_space_ = 0;
  std::uint64_t last_referral_ = 0;
  bool unpublished_ = false;
  std::chrono::steady_clock::time_point published_;
};

}  // namespace nvmeofs
