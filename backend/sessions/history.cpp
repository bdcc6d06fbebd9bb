#include "history.h"

#include <algorithm>
#include <map>
#include <utility>

namespace nvmeofs {
namespace {

// How long what has ended is remembered: a controller's connections do not end all at once.
constexpr std::chrono::seconds remembered{10};

}  // namespace

void SessionHistory::created(ControllerCreated line, Moment not_before, Moment at) {
  for (auto& earlier : controllers_) {
    if (earlier.line.cntlid == line.cntlid) earlier.over = true;
  }
  if (last_look_ == Moment::min()) {
    // Of all that a host did on a subsystem before the start, one line tells as much as a thousand.
    std::erase_if(controllers_, [&](const Controller& earlier) {
      return earlier.line.subsystem == line.subsystem && earlier.line.host_nqn == line.host_nqn &&
             earlier.line.discovery == line.discovery;
    });
    not_before = Moment::min();
  }
  controllers_.push_back({std::move(line), not_before, at});
}

void SessionHistory::expired(std::uint16_t cntlid) {
  for (auto& controller : controllers_) {
    if (controller.line.cntlid == cntlid) controller.over = true;
  }
}

void SessionHistory::lost(Moment from, Moment to) {
  gaps_.push_back({from, to});
}

void SessionHistory::observe(Moment begin, Moment end,
                             const std::vector<HostConnection>& connections) {
  std::map<HostConnection::Id, const HostConnection*> fresh;
  for (const auto& connection : connections) fresh.emplace(connection.id, &connection);
  for (auto& known : connections_) {
    if (known.alive() && fresh.erase(known.end.id) == 0) known.gone = end;
  }
  for (const auto& [id, connection] : fresh) {
    connections_.push_back({*connection, last_look_, end});
  }
  last_look_ = begin;
}

bool SessionHistory::may_miss_line_of(const Connection& connection) const {
  return std::ranges::any_of(gaps_, [&](const Gap& gap) {
    return gap.to > connection.absent && gap.from < connection.present + handshake_time;
  });
}

void SessionHistory::forget(const std::vector<std::vector<std::size_t>>& explanations) {
  const auto long_ago = last_look_ - remembered;
  std::vector<Connection> connections;
  std::vector<bool> used(controllers_.size());
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i].gone <= long_ago) continue;
    connections.push_back(std::move(connections_[i]));
    for (const auto controller : explanations[i]) used[controller] = true;
  }
  std::vector<Controller> controllers;
  for (std::size_t i = 0; i < controllers_.size(); ++i) {
    if (used[i] || controllers_[i].at > long_ago) controllers.push_back(std::move(controllers_[i]));
  }
  connections_ = std::move(connections);
  controllers_ = std::move(controllers);
  std::erase_if(gaps_, [&](const Gap& gap) {
    return gap.to <= long_ago &&
           std::ranges::none_of(connections_, [&](const Connection& connection) {
             return gap.to > connection.absent && gap.from < connection.present + handshake_time;
           });
  });
  long_ = std::max<std::size_t>(256, 2 * (connections_.size() + controllers_.size()));
}

}  // namespace nvmeofs
