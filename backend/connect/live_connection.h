// A connection, and what belongs to it that nobody is shown.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connect/event.h"
#include "nvmeofs/connections.h"

namespace nvmeofs::connector {

// A wanted path that is not there, or an attempt at one that is wanted no more.
struct Path {
  bool trying = false;
  bool was_there = false;  // when it was looked at last
  unsigned failures = 0;   // one after the other
  std::string trouble{};
  std::chrono::steady_clock::time_point due{};  // when it is tried next; the epoch: at once
  std::chrono::system_clock::time_point due_at{};
};

// One change of one connection, while it waits for the kernel.
//
//   connected=1   adding → settling                      → done
//   connected=0                        asking → leaving  → done
//   address       adding → settling → asking → leaving   → done
//   options/…     setting                                → done
//
// From each of them to undoing, when something is refused.
struct Change {
  enum class Phase { adding, settling, asking, leaving, setting, undoing };

  Change(std::uint64_t number, Submitted what, Connection wanted)
      : id(number), submitted(std::move(what)), next(std::move(wanted)) {}

  std::uint64_t id;
  Submitted submitted;
  Connection next;
  Phase phase = Phase::adding;
  bool force = false;
  bool saved = false;                          // next is in the store
  bool sent_away = false;                      // the kernel was asked to end the victims
  std::vector<TransportAddress> asked{};       // paths that it is to bring, in their order
  std::map<TransportAddress, Error> failed{};  // of them
  std::set<std::string> made{};                // controllers that it made
  std::set<std::string> victims{};             // controllers that are to go
  std::optional<Error> cause{};                // why it is taken back
  std::chrono::steady_clock::time_point until{};
};

struct LiveConnection {
  explicit LiveConnection(ConnectionView shown) : view(std::move(shown)) {}

  ConnectionView view;  // with the secrets; they are taken out of what is published
  std::map<TransportAddress, Path> paths{};
  std::map<std::string, std::optional<Error>> leaving{};  // controllers, and what the kernel said
  std::unique_ptr<Change> change{};
  std::deque<Submitted> queue{};
};

}  // namespace nvmeofs::connector
