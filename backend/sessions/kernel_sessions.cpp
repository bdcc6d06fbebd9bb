#include "kernel_sessions.h"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "associations.h"
#include "attribution.h"
#include "kernel_log.h"
#include "nvmeofs/event_fd.h"
#include "rdma_table.h"
#include "sysfs_files.h"
#include "tables/fc_ports.h"
#include "tcp_table.h"

namespace nvmeofs {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A line is read this soon after it was written, by a machine that is not overwhelmed.
constexpr milliseconds reading_delay{200};

// After a line its controller's I/O connections come, and then, it may be, the host's next
// controller: the tables are looked at so often that the ones can be told from the other.
constexpr std::chrono::seconds busy_time{5};
constexpr milliseconds shortest_gap{10};
constexpr milliseconds longest_gap{1000};

}  // namespace

class KernelSessions::Impl {
 public:
  explicit Impl(Paths paths)
      : paths_(std::move(paths)), log_(KernelLog::open(paths_.kmsg.c_str())) {
    services_ = tcp_services(paths_.configfs);
    if (!log_) {
      history_.lost(Moment::min(), Moment::max());
      associations_.lost();
      return;
    }
    {
      const std::lock_guard lock(looking_);
      look_quietly();
    }
    follower_ = std::jthread([this](const std::stop_token& stop) { follow(stop); });
  }

  ~Impl() {
    follower_.request_stop();
    wakeup_.signal();
  }

  Result<std::vector<Client>> clients(const Target& observed, const std::string& subsystem) {
    if (auto known = debugfs_clients(paths_.debugfs, observed, subsystem)) return std::move(*known);
    const std::lock_guard lock(looking_);
    if (auto done = look_for(observed); !done) return tl::unexpected(done.error());
    auto off_network = without_network(observed, subsystem);
    if (!off_network) return off_network;
    auto clients = clients_of(history_, observed, subsystem);
    std::ranges::move(*off_network, std::back_inserter(clients));
    return clients;
  }

  Result<std::map<std::string, std::vector<Client>>> all_clients(const Target& observed) {
    std::set<std::string> served;
    for (const auto& [id, port] : observed.ports)
      for (const auto& [subsystem, link] : port.subsystems) served.insert(subsystem);
    std::map<std::string, std::vector<Client>> all;
    std::erase_if(served, [&](const std::string& subsystem) {
      auto known = debugfs_clients(paths_.debugfs, observed, subsystem);
      if (known) all.emplace(subsystem, std::move(*known));
      return known.has_value();
    });
    if (served.empty()) return all;
    const std::lock_guard lock(looking_);
    if (auto done = look_for(observed); !done) return tl::unexpected(done.error());
    all.merge(clients_of(history_, observed, served));
    for (const auto& subsystem : served) {
      auto& clients = all[subsystem];
      auto off_network = without_network(observed, subsystem);
      if (off_network)
        std::ranges::move(*off_network, std::back_inserter(clients));
      else
        clients.push_back({.address = fc_addresses(observed, subsystem).front(),
                           .peer = "unknown",
                           .host_nqn = "",
                           .certainty = Certainty::likely,
                           .source = off_network.error().message});
    }
    return all;
  }

  Result<bool> listening(const TransportAddress& address) const {
    if (address.trtype == Trtype::loop) return true;
    // The link stays, and is bound again when the port is back (nvmet_fc_portentry_rebind_tgt).
    if (address.trtype == Trtype::fc)
      return has(fc_ports(paths_.classes), address) || has_fcloop(paths_.classes);
    const auto tables =
        address.trtype == Trtype::tcp ? read_tcp_table({address.trsvcid}) : read_rdma_table();
    if (!tables) return tl::unexpected(tables.error());
    return std::ranges::find(tables->listeners, address) != tables->listeners.end();
  }

 private:
  // Those that no table of connections shows. Where FC has no adapter, nobody else can come in.
  Result<std::vector<Client>> without_network(const Target& observed,
                                              const std::string& subsystem) const {
    auto clients = own_clients(paths_.controllers, observed, subsystem);
    if (fc_addresses(observed, subsystem).empty()) return clients;
    if (!associations_.complete() && !fc_ports(paths_.classes).empty())
      return refuse(ENODATA, Reason::kernel_refused,
                    "over FC only the kernel's log says who came in, and it does not go back to "
                    "the machine's start any more");
    const auto own = clients;
    for (auto& client : associations_.clients(observed, subsystem))
      if (std::ranges::find(own, client.host_nqn, &Client::host_nqn) == own.end())
        clients.push_back(std::move(client));
    return clients;
  }

  Result<void> look_for(const Target& observed) {
    for (const auto& [name, port] : observed.ports) {
      const auto address = address_of(port);
      if (address && address->trtype == Trtype::tcp) services_.insert(address->trsvcid);
    }
    const auto last_line = last_line_;
    if (auto done = look(); !done) return done;
    if (last_line_ != last_line) wakeup_.signal();
    return {};
  }

  // The log before the tables, so that a connection's line is never older than what was known when
  // it was not there yet; and once more behind them, for the lines of connections just seen.
  Result<void> look() {
    read_log();
    const auto begin = looked_at_ = Clock::now();
    auto tcp = read_tcp_table(services_);
    if (!tcp) return tl::unexpected(tcp.error());
    auto rdma = read_rdma_table();
    if (!rdma) return tl::unexpected(rdma.error());
    auto connections = std::move(tcp->connections);
    std::ranges::move(rdma->connections, std::back_inserter(connections));
    history_.observe(begin, Clock::now(), connections);
    read_log();
    if (history_.is_long()) history_.forget(explain(history_, nullptr));
    return {};
  }

  // What the thread cannot see now it sees at the next line, only less exactly.
  void look_quietly() {
    if (auto done = look(); !done) spdlog::debug("sessions: {}", done.error().message);
  }

  // Whether there was a line that the tables should be looked at for.
  bool read_log() {
    if (!log_) return false;
    struct Line {
      std::uint64_t microseconds;
      std::uint16_t expired = 0;
      std::optional<ControllerCreated> created;
    };
    std::vector<Line> lines;
    std::uint64_t newest = 0;
    bool ports_changed = false;
    const auto reading = log_->read([&](const LogRecord& record) {
      newest = record.microseconds;
      ports_changed = ports_changed || is_port_enabled(record.text);
      if (auto created = parse_controller_created(record.text)) {
        associations_.created(*created, newest);
        lines.push_back({newest, 0, std::move(created)});
      } else if (const auto cntlid = parse_keep_alive_expired(record.text)) {
        lines.push_back({newest, *cntlid, std::nullopt});
      } else if (const auto begun = parse_association_created(record.text)) {
        associations_.begun(*begun, newest);
      } else if (const auto ended = parse_association_deleted(record.text)) {
        associations_.ended(*ended);
      }
    });

    const auto now = Clock::now();
    if (!reading.complete) {
      history_.lost(read_at_, now);
      associations_.lost();
    }
    for (auto& line : lines) {
      if (!line.created) {
        history_.expired(line.expired);
        continue;
      }
      // The newest line is of just now, as far as we can know.
      const auto at = now - std::chrono::microseconds(newest - std::min(newest, line.microseconds));
      history_.created(std::move(*line.created), std::max(read_at_, at - reading_delay), at);
      last_line_ = now;
    }
    if (ports_changed || !reading.complete) services_.merge(tcp_services(paths_.configfs));
    if (reading.ended) {
      history_.lost(now, Moment::max());
      associations_.lost();
      log_.reset();
    }
    read_at_ = now;
    return !lines.empty();
  }

  void follow(const std::stop_token& stop) {
    for (;;) {
      const int log = log_fd();
      if (log < 0 || stop.stop_requested()) return;
      std::array<pollfd, 2> ends{{{log, POLLIN, 0}, {wakeup_.get(), POLLIN, 0}}};
      poll(ends.data(), ends.size(), wait());
      if (stop.stop_requested()) return;
      wakeup_.clear();
      const std::lock_guard lock(looking_);
      if (read_log() || next_look() <= Clock::now()) look_quietly();
    }
  }

  int log_fd() {
    const std::lock_guard lock(looking_);
    return log_ ? log_->fd() : -1;
  }

  // Moment::max(): not before there is a line.
  Moment next_look() const {
    if (last_line_ == Moment::min() || looked_at_ - last_line_ > busy_time) return Moment::max();
    const auto gap = std::chrono::duration_cast<milliseconds>(looked_at_ - last_line_) / 4;
    return looked_at_ + std::clamp(gap, shortest_gap, longest_gap);
  }

  // Until then, as poll counts: rounded up, -1 for ever.
  int wait() {
    const std::lock_guard lock(looking_);
    const auto next = next_look();
    if (next == Moment::max()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(next - Clock::now());
    return static_cast<int>(std::max(left, milliseconds::zero()).count());
  }

  Paths paths_;
  std::mutex looking_;  // serialises looks: all members below. Held across reads that do not wait
  std::optional<KernelLog> log_;
  std::set<std::uint16_t> services_;  // the TCP port numbers to look at
  SessionHistory history_;
  Associations associations_;
  Moment read_at_ = Moment::min();
  Moment last_line_ = Moment::min();
  Moment looked_at_ = Moment::min();
  EventFd wakeup_;
  std::jthread follower_;  // last: ends first
};

KernelSessions::KernelSessions(Paths paths) : impl_(std::make_unique<Impl>(std::move(paths))) {}

KernelSessions::KernelSessions() : KernelSessions(Paths{}) {}

KernelSessions::~KernelSessions() = default;

Result<std::vector<Client>> KernelSessions::clients(const Target& observed,
                                                    const std::string& subsystem) {
  return impl_->clients(observed, subsystem);
}

Result<std::map<std::string, std::vector<Client>>> KernelSessions::all_clients(
    const Target& observed) {
  return impl_->all_clients(observed);
}

Result<bool> KernelSessions::listening(const TransportAddress& address) {
  return impl_->listening(address);
}

}  // namespace nvmeofs
