// Decides on requests, and follows what is to be followed. Everything here belongs to one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "connect/calls.h"
#include "discover/live_discovery.h"
#include "journal/record_log.h"
#include "nvmeofs/discoveries.h"
#include "nvmeofs/entries.h"
#include "nvmeofs/inbox.h"

namespace nvmeofs::discoverer {

// By whom what is done by itself is done.
Caller ourselves();

class Discoverer {
 public:
  using Publish = std::function<void(std::shared_ptr<const DiscoveriesSnapshot>)>;
  using Clock = std::chrono::steady_clock;

  Discoverer(DiscoveriesEnvironment environment, DiscoveriesOptions options,
             std::shared_ptr<Inbox<Event>> inbox, Publish publish);

  // Loads the store and publishes.
  Result<void> begin();
  // Until a Stop is taken.
  void run();

 private:
  // discoverer.cpp: events, and what is followed by itself
  void end_leftovers();
  void take_in(Event& event);
  void receive(Submitted submitted);
  LiveDiscovery* at(const TransportAddress& address);  // nullptr: there is none
  void asked(Asked& event);
  void make(Submitted& submitted);
  void work_on_all();
  void work_on(LiveDiscovery& entry);
  void tend(LiveDiscovery& entry);
  void hear_news();
  bool is_kept(const LiveDiscovery& entry) const;
  void set_back(LiveDiscovery& entry, std::string trouble);
  std::optional<Clock::time_point> next_due() const;
  void end();

  // operation.cpp: fetches, and requests step by step
  void begin_operation(LiveDiscovery& entry, Submitted submitted);
  void go_on(LiveDiscovery& entry);
  void begin_fetch(LiveDiscovery& entry, bool keep);
  void fetched(Fetch& event);
  void begin_joins(LiveDiscovery& entry);
  void joined(Joined& event);
  void begin_ending(LiveDiscovery& entry);
  void ended(Ended& event);
  void follow(LiveDiscovery& entry);

  // import.cpp: discovery.conf
  void take_conf(Submitted submitted);
  void imported(Imported& event);
  Result<void> check_hosts(const std::vector<DiscoveryLine>& lines);
  Chain<DiscoveryRequest> chain_of_line(const DiscoveryLine& line, const Caller& caller);

  // records.cpp: what is kept, shown and told
  Result<void> load();
  // The view has it once it is in the store.
  Result<void> save(LiveDiscovery& entry, const Discovery& next);
  Result<void> save_removal(const std::string& name);
  void publish();
  void accept(LiveDiscovery* entry, const Submitted& submitted, std::string text);
  void refuse_request(LiveDiscovery* entry, const Submitted& submitted, Error error);
  static Record unreached(const LiveDiscovery& entry, const Error& error);

  DiscoveriesEnvironment environment_;
  DiscoveriesOptions options_;
  std::shared_ptr<Inbox<Event>> inbox_;
  Publish publish_;
  Calls<Event> calls_;

  Entries<LiveDiscovery> entries_;
  std::map<std::string, StoredDiscovery> stored_;
  HostTopology observed_;
  RecordLog log_;
  bool unpublished_ = false;
  bool stopped_ = false;
  std::uint64_t generation_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace nvmeofs::discoverer
