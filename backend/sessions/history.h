// What has been seen of connections and of controllers so far: the material for attribution.h.
//
// Neither knows of the other. The kernel's tables have connections without NQN, its log has
// controllers without address, and a controller that ends cleanly says nothing. What holds them
// together is time: the log is read and the tables are looked at in turns, so for each connection
// there is a look that did not have it yet and one that had it, and for each line a moment when it
// was not there yet. All moments are of one steady clock. The log's own stamps are of a clock that
// drifts from it by minutes a year: they only tell the lines of one reading apart.
//
// Pure; one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "connection.h"
#include "log_line.h"

namespace nvmeofs {

using Moment = std::chrono::steady_clock::time_point;

class SessionHistory {
 public:
  struct Connection {
    HostConnection end;
    Moment absent;   // the last look without it began then; Moment::min(): there was none
    Moment present;  // the first look with it ended then
    Moment gone = Moment::max();  // the first look without it again ended then
    bool alive() const { return gone == Moment::max(); }
    bool from_before_start() const { return absent == Moment::min(); }
  };

  struct Controller {
    ControllerCreated line;
    Moment not_before;  // the line was not there yet
    Moment at;          // the line was there
    bool over = false;  // gone for sure: its keep-alive expired, or its cntlid was given again
  };

  // Lines in the log's order. Before the first look they are lines from before the start.
  void created(ControllerCreated line, Moment not_before, Moment at);
  void expired(std::uint16_t cntlid);
  // Lines of that time may have been missed. Moment::max(): and all that will come.
  void lost(Moment from, Moment to);

  // A look at all connections, begun and ended then. Looks do not overlap.
  void observe(Moment begin, Moment end, const std::vector<HostConnection>& connections);

  // In the order of their first look, and of their lines.
  const std::vector<Connection>& connections() const { return connections_; }
  const std::vector<Controller>& controllers() const { return controllers_; }

  Moment last_look() const { return last_look_; }

  // Whether a line that explains the connection may have been missed.
  bool may_miss_line_of(const Connection& connection) const;

  // Whether so much has come together that forget() is worth its while.
  bool is_long() const { return connections_.size() + controllers_.size() > long_; }

  // Forgets what has ended a while ago. Of the controllers those are kept that `explanations` has
  // for a connection that is kept: per connection, the indices of its possible controllers.
  void forget(const std::vector<std::vector<std::size_t>>& explanations);

 private:
  struct Gap {
    Moment from;
    Moment to;
  };

  std::vector<Connection> connections_;
  std::vector<Controller> controllers_;
  std::vector<Gap> gaps_;
  Moment last_look_ = Moment::min();
  std::size_t long_ = 256;
};

// Between the first packet of a controller's first connection and the line lies its handshake:
// milliseconds, but on a machine with nothing to do for us.
inline constexpr std::chrono::milliseconds handshake_time{500};

}  // namespace nvmeofs
