#include "nvmeofs/connections.h"

#include <algorithm>
#include <cerrno>
#include <thread>

#include "connect/connector.h"
#include "connect/reconcile.h"
#include "journal/stopwatch.h"
#include "nvmeofs/connection_option.h"
#include "nvmeofs/entries.h"
#include "nvmeofs/published.h"

namespace nvmeofs {

const ConnectionView* ConnectionsSnapshot::find(std::uint64_t serial) const {
  return with_serial(connections, names, serial);
}

std::string_view to_string(ConnectionState state) {
  switch (state) {
    case ConnectionState::disconnected:
      return "disconnected";
    case ConnectionState::connected:
      return "connected";
    case ConnectionState::degraded:
      return "degraded";
    case ConnectionState::connecting:
      return "connecting";
    case ConnectionState::foreign:
      return "foreign";
  }
  return "disconnected";
}

namespace {

tl::unexpected<Error> is_gone() {
  return refuse(ESTALE, Reason::gone, "the connection was removed");
}

std::string ana_of(const HostController& controller) {
  std::string ana;
  for (const auto& path : controller.namespaces) {
    if (path.ana_state.empty()) continue;
    if (!ana.empty() && ana != path.ana_state) return "mixed";
    ana = path.ana_state;
  }
  return ana;
}

PathStatus status_of(const HostController& controller) {
  return {.address = controller.address.value_or(TransportAddress{}),
          .where = controller.address ? controller.address->uri()
                                      : controller.transport + " " + controller.address_text,
          .state = controller.state_text,
          .controller = controller.name,
          .foreign = false,
          .ana = ana_of(controller),
          .queues = controller.queues,
          .trouble = {}};
}

Operation operation_of(const ConnectionRequest& request) {
  const auto* const connecting =
      request.intent ? std::get_if<SetConnected>(&*request.intent) : nullptr;
  if (connecting == nullptr) return Operation::change;
  return connecting->on ? Operation::connect : Operation::disconnect;
}

}  // namespace

std::map<ConnectionState, std::size_t> count_states(const ConnectionsSnapshot& snapshot) {
  std::map<ConnectionState, std::size_t> counts;
  for (const auto& [name, view] : snapshot.connections) ++counts[state_of(view, snapshot.observed)];
  return counts;
}

class Connections::Impl {
 public:
  Impl(ConnectionsEnvironment environment, ConnectionsOptions options)
      : initiator_(environment.initiator),
        inbox_(std::make_shared<Inbox<connector::Event>>(
            std::vector<int>{environment.initiator.change_fd()})),
        connector_(environment, options, inbox_,
                   [this](auto snapshot) { published_.publish(std::move(snapshot)); }) {}

  Result<void> start() {
    if (auto begun = connector_.begin(); !begun) return begun;
    thread_ = std::thread([this] { connector_.run(); });
    return {};
  }

  void stop() {
    if (!thread_.joinable()) return;
    inbox_->post(connector::Stop{});
    thread_.join();
  }

  void submit(ConnectionRequest request, Completion completion) {
    const Operation operation = operation_of(request);
    post_or_answer(*inbox_,
                   connector::Submitted{std::move(request),
                                        stopwatch_.start(operation, std::move(completion))});
  }

  Initiator& initiator_;
  Stopwatch stopwatch_;
  std::shared_ptr<Inbox<connector::Event>> inbox_;
  Published<ConnectionsSnapshot> published_;
  connector::Connector connector_;

 private:
  std::thread thread_;
};

Connections::Connections(ConnectionsEnvironment environment, ConnectionsOptions options)
    : impl_(std::make_unique<Impl>(environment, options)) {}

Connections::~Connections() {
  stop();
}

Result<void> Connections::start() {
  return impl_->start();
}

void Connections::stop() {
  impl_->stop();
}

void Connections::submit(ConnectionRequest request, Completion completion) {
  impl_->submit(std::move(request), std::move(completion));
}

std::shared_ptr<const ConnectionsSnapshot> Connections::snapshot() const {
  return impl_->published_.now();
}

void Connections::on_publish(
    std::function<void(const ConnectionsSnapshot&, const ConnectionsSnapshot&)> observer) {
  impl_->published_.observe(std::move(observer));
}

Result<ConnectionStatus> Connections::status(std::uint64_t serial) const {
  const auto snapshot = impl_->published_.now();
  const ConnectionView* const view = snapshot->find(serial);
  if (view == nullptr) return is_gone();
  const Reconciled paths = reconcile(view->wanted, snapshot->observed);
  ConnectionStatus status;
  status.state = state_of(*view, snapshot->observed);
  status.refused = view->refused;
  for (const auto& address : view->wanted.addresses) {
    const auto trouble = view->trouble.find(address);
    const std::string why = trouble != view->trouble.end() ? trouble->second : "";
    if (const auto there = paths.there.find(address); there != paths.there.end()) {
      status.paths.push_back(status_of(*there->second));
    } else if (view->wanted.connected || !why.empty()) {
      status.paths.push_back({.address = address,
                              .where = address.uri(),
                              .state = "waiting",
                              .controller = {},
                              .foreign = false,
                              .ana = {},
                              .queues = 0,
                              .trouble = why});
    }
  }
  for (const auto* other : paths.others) {
    status.paths.push_back(status_of(*other));
    status.paths.back().foreign = true;
  }
  return status;
}

Timings Connections::timings() const {
  return impl_->stopwatch_.read();
}

Result<std::vector<std::string>> Connections::devices(std::uint64_t serial) const {
  const auto snapshot = impl_->published_.now();
  const ConnectionView* const view = snapshot->find(serial);
  if (view == nullptr) return is_gone();
  std::vector<const HostController*> controllers;
  if (view->foreign) {
    controllers = controllers_of(snapshot->observed, view->wanted.subsystem().str());
  } else if (view->wanted.connected) {
    for (const auto& [address, controller] : reconcile(view->wanted, snapshot->observed).there)
      controllers.push_back(controller);
  }
  std::set<std::pair<std::uint32_t, std::string>> disks;
  for (const auto* controller : controllers)
    if (controller->state == ControllerState::live)
      for (const auto& path : controller->namespaces) disks.emplace(path.nsid, path.disk);
  std::vector<std::string> devices;
  devices.reserve(disks.size());
  for (const auto& [nsid, disk] : disks) devices.push_back("/dev/" + disk);
  return devices;
}

Result<std::string> Connections::config() const {
  const auto snapshot = impl_->published_.now();
  std::vector<ConfiguredSubsystem> subsystems;
  for (const auto& [name, view] : snapshot->connections) {
    const Connection& wanted = view.wanted;
    if (!wanted.connected || wanted.addresses.empty()) continue;
    ConfiguredSubsystem subsystem{
        .nqn = wanted.subsystem(), .addresses = wanted.addresses, .options = wanted.options};
    const auto nqn = wanted.options.find("host_nqn");
    const auto id = wanted.options.find("host_id");
    if (nqn != wanted.options.end() && id != wanted.options.end()) {
      subsystem.host = {nqn->second, id->second};
    } else if (view.foreign) {
      const auto controllers = controllers_of(snapshot->observed, wanted.subsystem().str());
      if (controllers.empty()) continue;  // gone while it was being taken over
      subsystem.host = {controllers.front()->host_nqn, controllers.front()->host_id};
    } else {
      const auto own = impl_->initiator_.host_identity();
      if (!own) return tl::unexpected(own.error());
      subsystem.host = *own;
    }
    subsystems.push_back(std::move(subsystem));
  }
  return host_config_text(subsystems);
}

std::vector<std::string> Connections::options() const {
  std::vector<std::string> names;
  for (const auto* option : options_of_kernel(impl_->connector_.tokens()))
    names.emplace_back(option->name);
  return names;
}

}  // namespace nvmeofs
