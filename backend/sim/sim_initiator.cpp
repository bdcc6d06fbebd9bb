#include "sim/sim_initiator.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

constexpr const char* this_host =
    "nqn.2014-08.org.nvmexpress:uuid:5e5e5e5e-0000-4000-8000-000000000001";
constexpr const char* this_host_id = "5e5e5e5e-0000-4000-8000-000000000001";

std::string_view text_of(ControllerState state) {
  switch (state) {
    case ControllerState::fresh:
      return "new";
    case ControllerState::live:
      return "live";
    case ControllerState::resetting:
      return "resetting";
    case ControllerState::connecting:
      return "connecting";
    case ControllerState::deleting:
      return "deleting";
    case ControllerState::dead:
      return "dead";
    case ControllerState::other:
      break;
  }
  return "other";
}

// As drivers/nvme/host answers each.
Result<void> answer_of(const SimFabric& fabric, const PathRequest& request) {
  const auto& address = request.address;
  const bool heard =
      fabric.discovery.contains(address) ||
      std::any_of(fabric.targets.begin(), fabric.targets.end(),
                  [&](const auto& target) { return target.second.addresses.contains(address); });
  if (!heard && address.trtype == Trtype::tcp)
    return refuse(ECONNREFUSED, Reason::kernel_refused, "nobody listens there");
  if (!heard) return refuse(ECONNRESET, Reason::kernel_refused, "nobody listens there");
  if (request.subsystem.str() == Nqn::discovery) return {};
  const auto target = fabric.targets.find(request.subsystem.str());
  if (target == fabric.targets.end() || !target->second.addresses.contains(address))
    return refuse(EIO, Reason::kernel_refused, "the target has no subsystem {} there",
                  printable(request.subsystem.str()));
  const auto& hosts = target->second.hosts;
  if (!hosts.empty() && !hosts.contains(request.host.nqn))
    return refuse(EIO, Reason::kernel_refused, "the target does not allow the host {}",
                  printable(request.host.nqn));
  return {};
}

DiscoveryEntry entry_of(const std::string& nqn, const TransportAddress& address) {
  DiscoveryEntry entry{.trtype = static_cast<std::uint8_t>(address.trtype == Trtype::rdma ? 1 : 3),
                       .adrfam = static_cast<std::uint8_t>(address.adrfam == Adrfam::ipv4 ? 1 : 2),
                       .subtype = static_cast<std::uint8_t>(DiscoverySubtype::subsystem),
                       .portid = 1,
                       .trsvcid = std::to_string(address.trsvcid),
                       .subnqn = nqn,
                       .traddr = address.traddr,
                       .address = address};
  if (const auto parsed = Nqn::parse(nqn)) entry.nqn = *parsed;
  return entry;
}

}  // namespace

SimFabric SimFabric::example() {
  SimFabric fabric;
  fabric.targets["disk-array"] = {
      .addresses = {{.trtype = Trtype::tcp, .adrfam = Adrfam::ipv4, .traddr = "192.168.2.40"}},
      .namespaces = {1, 2}};
  fabric.discovery = {
      {.trtype = Trtype::tcp, .adrfam = Adrfam::ipv4, .traddr = "192.168.2.40", .trsvcid = 8009}};
  return fabric;
}

std::string SimFabric::describe() const {
  std::string text;
  for (const auto& [nqn, target] : targets) {
    text += fmt::format("target {} with {} disks at", printable(nqn), target.namespaces.size());
    for (const auto& address : target.addresses) text += " " + address.uri();
    text += "\n";
  }
  for (const auto& address : discovery) text += fmt::format("discovery at {}\n", address.uri());
  return text;
}

// While one is there, the initiator is.
class SimInitiator::Call {
 public:
  explicit Call(SimInitiator& initiator) : initiator_(initiator) {
    const std::lock_guard lock(initiator_.mutex_);
    ++initiator_.calls_;
  }
  ~Call() {
    const std::lock_guard lock(initiator_.mutex_);
    --initiator_.calls_;
    initiator_.condition_.notify_all();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  SimInitiator& initiator_;
};

SimInitiator::SimInitiator(SimFabric fabric) : fabric_(std::move(fabric)) {}

SimInitiator::~SimInitiator() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  condition_.notify_all();
  condition_.wait(lock, [&] { return calls_ == 0; });
}

Result<HostTopology> SimInitiator::observe() {
  const std::lock_guard lock(mutex_);
  HostTopology topology;
  for (const auto& [name, controller] : controllers_) {
    HostController& seen = topology.controllers.emplace(name, controller).first->second;
    const auto target = fabric_.targets.find(seen.subsystem);
    if (hidden_ || seen.discovery || target == fabric_.targets.end()) continue;
    const auto ana = ana_.find(name);
    std::size_t index = 0;
    for (const auto nsid : target->second.namespaces)
      seen.namespaces.push_back({.disk = disk_of(seen.subsystem, ++index),
                                 .nsid = nsid,
                                 .ana_state = ana != ana_.end() ? ana->second : "optimized"});
  }
  return topology;
}

Result<std::set<std::string>> SimInitiator::options() {
  return std::set<std::string>{"transport",
                               "nqn",
                               "traddr",
                               "trsvcid",
                               "host_traddr",
                               "host_iface",
                               "hostnqn",
                               "hostid",
                               "queue_size",
                               "nr_io_queues",
                               "nr_write_queues",
                               "nr_poll_queues",
                               "keep_alive_tmo",
                               "reconnect_delay",
                               "ctrl_loss_tmo",
                               "fast_io_fail_tmo",
                               "tos",
                               "hdr_digest",
                               "data_digest",
                               "duplicate_connect",
                               "disable_sqflow",
                               "dhchap_secret",
                               "dhchap_ctrl_secret"};
}

Result<HostIdentity> SimInitiator::host_identity() {
  return HostIdentity{this_host, this_host_id};
}

Result<std::string> SimInitiator::connect(const PathRequest& request,
                                          std::chrono::milliseconds patience) {
  const Call call(*this);
  std::unique_lock lock(mutex_);
  tried_[request.address].push_back(std::chrono::steady_clock::now());
  last_request_ = request;
  if (fabric_.silent.contains(request.address)) {
    ++waiting_;
    condition_.wait_for(lock, patience, [&, then = released_] {
      return closing_ || released_ != then || !fabric_.silent.contains(request.address);
    });
    --waiting_;
    if (closing_ || fabric_.silent.contains(request.address))
      return refuse(ETIMEDOUT, Reason::kernel_refused, "nobody answers there");
  }
  if (auto answer = answer_of(fabric_, request); !answer) return tl::unexpected(answer.error());
  // Of discovery controllers the kernel makes any number.
  if (request.subsystem.str() == Nqn::discovery) return make(request, true);
  for (const auto& [name, controller] : controllers_)
    if (controller.subsystem == request.subsystem.str() && controller.address == request.address &&
        controller.host_nqn == request.host.nqn && !request.options.contains("duplicate_connect"))
      return refuse(EALREADY, Reason::kernel_refused, "{} is connected there already", name);
  return make(request, false);
}

std::string SimInitiator::make(const PathRequest& request, bool discovery) {
  const std::string name = fmt::format("nvme{}", next_controller_);
  subsystems_.try_emplace(request.subsystem.str(), next_controller_++);
  HostController controller{
      .name = name,
      .discovery = discovery,
      .subsystem = request.subsystem.str(),
      .transport = std::string(to_string(request.address.trtype)),
      .address = request.address,
      .address_text = "traddr=" + request.address.traddr,
      .host_traddr = {},
      .host_iface = {},
      .host_nqn = request.host.nqn,
      .host_id = request.host.id,
      .state = ControllerState::live,
      .state_text = "live",
      .queues = 3,
      .settings = {
          {"ctrl_loss_tmo", "600"}, {"reconnect_delay", "10"}, {"fast_io_fail_tmo", "-1"}}};
  for (auto& [setting, value] : controller.settings)
    if (const auto given = request.options.find(setting); given != request.options.end())
      value = given->second;
  controllers_.emplace(name, std::move(controller));
  tell();
  return name;
}

std::string SimInitiator::disk_of(const std::string& subsystem, std::size_t index) {
  return fmt::format("nvme{}n{}", subsystems_.at(subsystem), index);
}

Result<void> SimInitiator::disconnect(const std::string& controller) {
  const Call call(*this);
  const std::lock_guard lock(mutex_);
  if (refuse_disconnects_ != 0)
    return refuse(refuse_disconnects_, Reason::kernel_refused, "the kernel keeps it");
  if (controllers_.erase(controller) == 0)
    return refuse(ENOENT, Reason::gone, "there is no controller {}", controller);
  tell();
  return {};
}

Result<void> SimInitiator::set(const std::string& controller, const std::string& setting,
                               const std::string& value) {
  const Call call(*this);
  const std::lock_guard lock(mutex_);
  if (refuse_settings_ != 0)
    return refuse(refuse_settings_, Reason::kernel_refused, "the kernel does not take it");
  const auto found = controllers_.find(controller);
  if (found == controllers_.end())
    return refuse(ENOENT, Reason::gone, "there is no controller {}", controller);
  found->second.settings.insert_or_assign(setting, value);
  tell();
  return {};
}

Result<std::string> SimInitiator::user_of(const std::string& disk) {
  const Call call(*this);
  const std::lock_guard lock(mutex_);
  const auto user = users_.find(disk);
  return user != users_.end() ? user->second : "";
}

void SimInitiator::mark(const std::string& controller) {
  const Call call(*this);
  const std::lock_guard lock(mutex_);
  marked_.insert(controller);
}

bool SimInitiator::is_marked(const std::string& controller) {
  const Call call(*this);
  const std::lock_guard lock(mutex_);
  return marked_.contains(controller);
}

Result<DiscoveryLog> SimInitiator::discovery_log(const std::string& controller,
                                                 std::chrono::milliseconds) {
  const Call call(*this);
  const std::lock_guard lock(mutex_);
  ++logs_read_;
  if (refuse_logs_ != 0)
    return refuse(refuse_logs_, Reason::kernel_refused, "the controller gives no log");
  const auto found = controllers_.find(controller);
  if (found == controllers_.end())
    return refuse(ENOENT, Reason::gone, "there is no controller {}", controller);
  DiscoveryLog log{.generation = generation_, .entries = {}};
  for (const auto& [nqn, target] : fabric_.targets)
    if (target.hosts.empty() || target.hosts.contains(found->second.host_nqn))
      for (const auto& address : target.addresses) log.entries.push_back(entry_of(nqn, address));
  return log;
}

std::set<std::string> SimInitiator::changed_logs() {
  const std::lock_guard lock(mutex_);
  discovery_changed_.clear();
  return std::exchange(changed_logs_, {});
}

void SimInitiator::edit(const std::function<void(SimFabric&)>& edit) {
  const std::lock_guard lock(mutex_);
  edit(fabric_);
  ++generation_;
  for (const auto& [name, controller] : controllers_)
    if (controller.discovery) changed_logs_.insert(name);
  condition_.notify_all();
  tell();
}

std::string SimInitiator::connect_as_other(const std::string& subsystem,
                                           const TransportAddress& address, bool discovery) {
  const std::lock_guard lock(mutex_);
  return make({.subsystem = Nqn::of_kernel(subsystem),
               .address = address,
               .host = {this_host, this_host_id},
               .options = {}},
              discovery);
}

void SimInitiator::lose(const std::string& controller) {
  const std::lock_guard lock(mutex_);
  controllers_.erase(controller);
  tell();
}

void SimInitiator::set_state(const std::string& controller, ControllerState state) {
  const std::lock_guard lock(mutex_);
  auto& found = controllers_.at(controller);
  found.state = state;
  found.state_text = text_of(state);
  tell();
}

void SimInitiator::set_ana(const std::string& controller, const std::string& state) {
  const std::lock_guard lock(mutex_);
  ana_[controller] = state;
  tell();
}

void SimInitiator::use(const std::string& disk, const std::string& user) {
  const std::lock_guard lock(mutex_);
  users_[disk] = user;
}

void SimInitiator::let_go() {
  const std::lock_guard lock(mutex_);
  ++released_;
  condition_.notify_all();
}

void SimInitiator::hide_disks(bool hidden) {
  const std::lock_guard lock(mutex_);
  hidden_ = hidden;
  tell();
}

void SimInitiator::refuse_disconnects(int errnum) {
  const std::lock_guard lock(mutex_);
  refuse_disconnects_ = errnum;
}

void SimInitiator::refuse_settings(int errnum) {
  const std::lock_guard lock(mutex_);
  refuse_settings_ = errnum;
}

void SimInitiator::refuse_logs(int errnum) {
  const std::lock_guard lock(mutex_);
  refuse_logs_ = errnum;
}

std::size_t SimInitiator::waiting_at_silent() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

std::size_t SimInitiator::attempts() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [address, times] : tried_) count += times.size();
  return count;
}

std::size_t SimInitiator::attempts_at(const TransportAddress& address) const {
  return times_at(address).size();
}

std::vector<std::chrono::steady_clock::time_point> SimInitiator::times_at(
    const TransportAddress& address) const {
  const std::lock_guard lock(mutex_);
  const auto found = tried_.find(address);
  return found != tried_.end() ? found->second
                               : std::vector<std::chrono::steady_clock::time_point>{};
}

std::set<std::string> SimInitiator::marked() const {
  const std::lock_guard lock(mutex_);
  return marked_;
}

std::optional<PathRequest> SimInitiator::last_request() const {
  const std::lock_guard lock(mutex_);
  return last_request_;
}

std::size_t SimInitiator::logs_read() const {
  const std::lock_guard lock(mutex_);
  return logs_read_;
}

}  // namespace nvmeofs
