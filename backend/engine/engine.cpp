#include "nvmeofs/engine.h"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <thread>

#include "engine/applier.h"
#include "engine/changes.h"
#include "engine/mailbox.h"
#include "engine/restore.h"
#include "engine/states.h"
#include "journal/stopwatch.h"
#include "nvmeofs/mapping.h"
#include "nvmeofs/plan.h"
#include "nvmeofs/published.h"
#include "nvmeofs/text.h"

namespace nvmeofs {

class Engine::Impl {
 public:
  Impl(Environment environment, EngineOptions options)
      : environment_(std::move(environment)),
        mailbox_(
            std::make_shared<Mailbox>(environment_.backend.change_fd(), environment_.watch.fd())),
        applier_(environment_, options, mailbox_,
                 [this](auto snapshot) { published_.publish(std::move(snapshot)); }) {}

  Result<void> start() {
    if (auto begun = applier_.begin(); !begun) return begun;
    thread_ = std::thread([this] { applier_.run([this] { first_look_.set_value(); }); });
    return {};
  }

  void stop() {
    if (!thread_.joinable()) return;
    mailbox_->post(Stop{});
    thread_.join();
  }

  void wait_for_first_look(std::chrono::milliseconds patience) const { looked_.wait_for(patience); }

  Environment environment_;
  std::shared_ptr<Mailbox> mailbox_;
  Stopwatch stopwatch_;
  Published<Snapshot> published_;
  Applier applier_;

 private:
  std::promise<void> first_look_;
  const std::shared_future<void> looked_ = first_look_.get_future().share();
  std::thread thread_;
};

namespace {

// Where a key is set and nobody is asked for it.
std::string note_on_keys(const Snapshot& snapshot, const Export& wanted) {
  if (wanted.hosts.any)
    return std::any_of(snapshot.hosts.views.begin(), snapshot.hosts.views.end(),
                       [](const auto& host) { return !host.second.settings.keys.empty(); })
               ? "hosts any: nobody is asked for a key here, whatever is set in hosts/"
               : "";
  for (const auto& host : wanted.hosts.list) {
    const auto set = snapshot.hosts.views.find(host.str());
    const auto there = snapshot.observed.hosts.find(host.str());
    if (set == snapshot.hosts.views.end() || there == snapshot.observed.hosts.end()) continue;
    if (const Host& settings = set->second.settings; !settings.keys.empty() &&
                                                     !snapshot.ours.hosts.contains(host.str()) &&
                                                     settings.keys != there->second.keys)
      return fmt::format(
          "something else made hosts/{} of the kernel, and not with the keys that "
          "are set here",
          host.str());
  }
  return "";
}

// Where hosts are connected and cannot get at a disk all the same.
std::string note_on_ana(const Target& observed, const std::string& name) {
  const auto subsystem = observed.subsystems.find(name);
  if (subsystem == observed.subsystems.end()) return "";
  for (const auto& [nsid, space] : subsystem->second.namespaces) {
    const std::string group = attribute(space.attributes, "ana_grpid");
    std::set<std::string> states;
    for (const auto& [id, port] : observed.ports) {
      if (!port.subsystems.contains(name)) continue;
      const auto there = port.ana_groups.find(group);
      states.insert(there != port.ana_groups.end()
                        ? there->second
                        : std::string(to_string(AnaState::inaccessible)));
    }
    const bool reachable = std::any_of(states.begin(), states.end(), [](const auto& text) {
      const auto state = parse_ana_state(text);
      return !state || is_usable(*state);
    });
    if (space.enabled && !states.empty() && !reachable)
      return fmt::format(
          "no address leads to namespace {} now, as its ANA group {} is {} there: hosts hold their "
          "I/O until one does",
          printable(nsid), group, fmt::join(states, " or "));
  }
  return "";
}

tl::unexpected<Error> is_gone() {
  return refuse(ESTALE, Reason::gone, "the export was removed");
}

Operation operation_of(const Request& request) {
  if (!request.intent) return Operation::change;
  if (const auto* const enabling = std::get_if<SetEnabled>(&*request.intent))
    return enabling->on ? Operation::enable : Operation::disable;
  return std::holds_alternative<TakeDown>(*request.intent) ? Operation::disable : Operation::change;
}

}  // namespace

Engine::Engine(Environment environment, EngineOptions options)
    : impl_(std::make_unique<Impl>(std::move(environment), options)) {}

Engine::~Engine() {
  stop();
}

Result<void> Engine::start() {
  return impl_->start();
}

void Engine::wait_for_first_look(std::chrono::milliseconds patience) const {
  impl_->wait_for_first_look(patience);
}

void Engine::stop() {
  impl_->stop();
}

void Engine::submit(Request request, Completion completion) {
  const Operation operation = operation_of(request);
  impl_->mailbox_->post(
      Submitted{std::move(request), impl_->stopwatch_.start(operation, std::move(completion))});
}

std::shared_ptr<const Snapshot> Engine::snapshot() const {
  return impl_->published_.now();
}

void Engine::on_publish(std::function<void(const Snapshot&, const Snapshot&)> observer) {
  impl_->published_.observe(std::move(observer));
}

std::set<std::string> Engine::modules_loaded() const {
  return impl_->applier_.modules_loaded();
}

const Backend& Engine::backend() const {
  return impl_->environment_.backend;
}

Result<std::vector<Client>> Engine::clients(std::uint64_t serial) const {
  const auto snapshot = impl_->published_.now();
  const ExportView* const view = snapshot->find(serial);
  if (view == nullptr) return is_gone();
  const std::string& name = view->wanted.name.str();
  if (ports_of(snapshot->observed, name).empty()) return std::vector<Client>{};
  return impl_->environment_.sessions.clients(snapshot->observed, name);
}

Result<std::map<std::string, std::vector<Client>>> Engine::all_clients(
    const Snapshot& snapshot) const {
  return impl_->environment_.sessions.all_clients(snapshot.observed);
}

Result<DeviceIo> Engine::io(const DeviceId& device) const {
  return impl_->environment_.devices.io(device);
}

Target Engine::target_to_save() const {
  return nvmeofs::target_to_save(*impl_->published_.now());
}

Timings Engine::timings() const {
  return impl_->stopwatch_.read();
}

Result<Plan> Engine::plan(std::uint64_t serial) const {
  const auto snapshot = impl_->published_.now();
  const ExportView* const view = snapshot->find(serial);
  if (view == nullptr) return is_gone();
  const Target& observed = snapshot->observed;
  if (view->foreign && !is_plain(observed, view->wanted.name.str(), backend().attributes()))
    return Plan{};

  auto enabled = changed(view->wanted, SetEnabled{.on = true, .force = false});
  if (!enabled) return tl::unexpected(enabled.error());
  Plan plan = plan_to(observed, *enabled, snapshot->ours);
  if (!view->wanted.enabled || !plan.empty()) return plan;
  enabled->enabled = false;
  return plan_to(observed, *enabled, snapshot->ours);
}

Result<Status> Engine::status(std::uint64_t serial) const {
  const auto snapshot = impl_->published_.now();
  const ExportView* const view = snapshot->find(serial);
  if (view == nullptr) return is_gone();
  const Target& observed = snapshot->observed;
  const Export& wanted = view->wanted;
  const std::string& name = wanted.name.str();

  Status status;
  status.hosts = wanted.hosts;
  status.refused = view->refused;
  status.note = view->note;
  if (status.note.empty()) status.note = note_on_ana(observed, name);
  if (status.note.empty()) status.note = note_on_keys(*snapshot, wanted);
  const Plan difference = plan_to(observed, wanted, snapshot->ours, view->absent);
  status.state = state_of(*view, observed, !difference.empty());
  if (status.state == State::failed) status.detail = view->failed;
  if (status.state == State::waiting) status.detail = view->waiting;
  if (status.state == State::drifted) status.detail = in_words(difference);

  const auto ports = ports_of(observed, name);
  if (wanted.enabled || !ports.empty()) {
    for (const auto& address : wanted.addresses) {
      const bool linked = std::any_of(ports.begin(), ports.end(),
                                      [&](const auto& port) { return port.second == address; });
      const auto listening =
          linked ? impl_->environment_.sessions.listening(address) : Result<bool>(false);
      const bool absent = view->absent.addresses.contains(address) ||
                          !view->absent.devices.empty() || view->absent.controller;
      status.addresses.emplace_back(address, listening.value_or(linked) ? AddressState::listening
                                             : absent && !linked        ? AddressState::waiting
                                                                        : AddressState::gone);
    }
    if (const auto clients = impl_->environment_.sessions.clients(observed, name))
      status.clients = clients->size();
  }
  return status;
}

}  // namespace nvmeofs
