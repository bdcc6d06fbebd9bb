// Decides on requests, and brings about what is wanted. Everything here belongs to one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "connect/calls.h"
#include "connect/live_connection.h"
#include "journal/record_log.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/entries.h"
#include "nvmeofs/inbox.h"

namespace nvmeofs::connector {

class Connector {
 public:
  using Publish = std::function<void(std::shared_ptr<const ConnectionsSnapshot>)>;
  using Clock = std::chrono::steady_clock;

  Connector(ConnectionsEnvironment environment, ConnectionsOptions options,
            std::shared_ptr<Inbox<Event>> inbox, Publish publish);

  // Loads the store, looks at the kernel for the first time, and publishes.
  Result<void> begin();
  // Until a Stop is taken.
  void run();

  // Tokens of the kernel; as begin() found them.
  const std::set<std::string>& tokens() const { return tokens_; }

 private:
  // connector.cpp: events and requests
  void take_in(Event& event);
  void receive(Submitted submitted);
  void make_connection(Submitted& submitted);
  void remove_connection(Submitted& submitted);
  void change_connection(LiveConnection& entry, Submitted submitted);
  Result<void> check_subsystem_is_free(const LiveConnection& entry, const Connection& next) const;
  void work_on_all();
  void work_on(LiveConnection& entry);
  // When something is due; nothing: only when something happens.
  std::optional<Clock::time_point> next_due() const;
  void end();

  // change.cpp: a change, step by step
  void begin_change(LiveConnection& entry, Submitted submitted, Connection next);
  void begin_setting(LiveConnection& entry, const SetOption& intent);
  void advance(LiveConnection& entry);
  // True: it is in another phase, or over.
  bool advance_adding(LiveConnection& entry);
  bool advance_settling(LiveConnection& entry);
  bool advance_leaving(LiveConnection& entry);
  bool advance_undoing(LiveConnection& entry);
  void ask_for_disks(LiveConnection& entry);
  void answered(Answered& event);

  // outcome.cpp: how it ends
  void succeed(LiveConnection& entry);
  void undo(LiveConnection& entry, Error cause);
  void leave_to_kernel(LiveConnection& entry);

  // paths.cpp: what is brought about by itself
  void tend(LiveConnection& entry);
  void attempt(LiveConnection& entry, const TransportAddress& address);
  void tried(Tried& event);
  void send_away(LiveConnection& entry, const std::string& controller);
  void left(Left& event);
  void set_back(Path& path, std::string trouble);
  void mark(const std::set<std::string>& controllers);

  // import.cpp: config.json
  void take_config(Submitted submitted);
  void imported(Imported& event);

  // saved.cpp
  Result<void> load();
  Result<void> save(const std::string& name, const StoredConnection& next);
  Result<void> save_removal(const std::string& name);
  // After a change was taken back: only told in the log when that cannot be saved.
  void save_as_it_is(const LiveConnection& entry);

  // records.cpp: what is shown and told
  Result<void> look();
  void look_for_foreign();
  void publish();
  void accept(LiveConnection* entry, const Submitted& submitted, std::string text);
  void refuse_request(LiveConnection* entry, const Submitted& submitted, Error error);

  ConnectionsEnvironment environment_;
  ConnectionsOptions options_;
  std::shared_ptr<Inbox<Event>> inbox_;
  Publish publish_;
  Calls<Event> calls_;

  Entries<LiveConnection> entries_;
  std::map<std::string, StoredConnection> stored_;
  std::set<std::string> tokens_;
  HostTopology observed_;
  RecordLog log_;
  bool unpublished_ = false;
  bool foreign_may_be_gone_ = false;  // while a change of it was under way
  bool stopped_ = false;
  std::uint64_t generation_ = 0;
  std::uint64_t last_change_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace nvmeofs::connector
