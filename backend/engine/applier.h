// Decides on requests and carries them out, one at a time. Everything here belongs to one thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/mailbox.h"
#include "engine/runner.h"
#include "nvmeofs/engine.h"
#include "nvmeofs/mapping.h"
#include "nvmeofs/snapshot.h"

namespace nvmeofs {

class Applier {
 public:
  using Publish = std::function<void(std::shared_ptr<const Snapshot>)>;

  Applier(Environment environment, EngineOptions options, std::shared_ptr<Mailbox> mailbox,
          Publish publish);
  ~Applier();

  // Looks at the kernel for the first time, and publishes.
  Result<void> begin();

  // Until a Stop is taken. Steps that are under way then are waited for, within the patience.
  void run();

 private:
  // An export, and what belongs to it that nobody is shown.
  struct Entry {
    explicit Entry(ExportView shown) : view(std::move(shown)) {}

    ExportView view;
    std::unique_ptr<Claim> claim;                     // while enabled
    std::unique_ptr<struct Transaction> transaction;  // under way
    bool half_done = false;  // an undo was refused: the kernel holds a part of it
  };

  void handle(Submitted& submitted);
  void make_export(Request& request, const Completion& completion);
  void remove_export(Request& request, const Completion& completion);
  void change_export(Entry& entry, Request& request, Completion completion);

  Result<void> check_addresses(const Export& now, const Export& next);
  // EBUSY when another export, of ours or not, serves the device or a part of it.
  Result<void> check_not_served(const Entry& entry, const DeviceId& device);
  // The claim that `next` needs; none when the present one serves.
  Result<void> prepare_device(Entry& entry, const Export& now, Transaction& transaction);
  Result<void> check_name_is_free(const Entry& entry, const Export& now);
  Result<void> check_nobody_loses(const Entry& entry, const Export& next, const Plan& plan,
                                  bool force);

  void begin_transaction(Entry& entry, std::unique_ptr<Transaction> transaction);
  void run_steps(Entry& entry, Plan plan);
  // Goes on with a transaction as far as it goes without waiting long.
  void advance(Entry& entry);
  bool step_forward(Entry& entry, const Runner::Outcome& outcome, bool was_held_up);
  Result<void> check_opened_device(const Transaction& transaction);
  void undo(Entry& entry, Error cause);
  void succeed(Entry& entry);
  void fail(Entry& entry, std::string failed);

  // What may be removed with its last use: while a step waits in the kernel, no port. rmdir of any
  // port waits for the end of every connection, with all of ports/ locked.
  Shared removable() const;

  Result<void> look();
  void look_for_foreign();
  void publish();

  void accept(Entry* entry, const Request& request, const Completion& completion, std::string text);
  void refuse_request(Entry* entry, const Request& request, const Completion& completion,
                      Error error);
  void keep(Record record);

  Entry* find(std::uint64_t serial);

  Environment environment_;
  EngineOptions options_;
  std::shared_ptr<Mailbox> mailbox_;
  Publish publish_;

  std::map<std::string, Entry> entries_;  // by name
  Target observed_;
  Shared ours_;
  std::deque<Record> log_;
  std::uint64_t last_serial_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace nvmeofs
