#include "nvmeofs/discoveries.h"

#include <cerrno>
#include <thread>
#include <utility>

#include "discover/discoverer.h"
#include "journal/stopwatch.h"
#include "nvmeofs/entries.h"
#include "nvmeofs/published.h"

namespace nvmeofs {

const DiscoveryView* DiscoveriesSnapshot::find(std::uint64_t serial) const {
  return with_serial(discoveries, names, serial);
}

std::string_view to_string(Reachability reachability) {
  switch (reachability) {
    case Reachability::reachable:
      return "reachable";
    case Reachability::unreachable:
      return "unreachable";
    case Reachability::unknown:
      break;
  }
  return "unknown";
}

namespace {

Operation operation_of(const DiscoveryRequest& request) {
  if (!request.intent) return Operation::change;
  const auto* const all = std::get_if<SetConnectAll>(&*request.intent);
  const bool connects =
      (all != nullptr && all->on) || std::holds_alternative<TakeConf>(*request.intent);
  return connects ? Operation::connect_all : Operation::change;
}

}  // namespace

class Discoveries::Impl {
 public:
  Impl(DiscoveriesEnvironment environment, DiscoveriesOptions options)
      : inbox_(std::make_shared<Inbox<discoverer::Event>>(
            std::vector<int>{environment.initiator.discovery_fd()})),
        discoverer_(environment, options, inbox_,
                    [this](auto snapshot) { published_.publish(std::move(snapshot)); }) {}

  Result<void> start() {
    if (auto begun = discoverer_.begin(); !begun) return begun;
    thread_ = std::thread([this] { discoverer_.run(); });
    return {};
  }

  void stop() {
    if (!thread_.joinable()) return;
    inbox_->post(discoverer::Stop{});
    thread_.join();
  }

  // Submitted or Asked: what has a completion.
  template <class What>
  void post(What what) {
    post_or_answer(*inbox_, std::move(what));
  }

  Published<DiscoveriesSnapshot> published_;
  Stopwatch stopwatch_;

 private:
  std::shared_ptr<Inbox<discoverer::Event>> inbox_;
  discoverer::Discoverer discoverer_;
  std::thread thread_;
};

Discoveries::Discoveries(DiscoveriesEnvironment environment, DiscoveriesOptions options)
    : impl_(std::make_unique<Impl>(environment, options)) {}

Discoveries::~Discoveries() {
  stop();
}

Result<void> Discoveries::start() {
  return impl_->start();
}

void Discoveries::stop() {
  impl_->stop();
}

void Discoveries::submit(DiscoveryRequest request, Completion completion) {
  const Operation operation = operation_of(request);
  impl_->post(discoverer::Submitted{std::move(request),
                                    impl_->stopwatch_.start(operation, std::move(completion))});
}

void Discoveries::fetch(std::uint64_t serial, Completion completion) {
  impl_->post(discoverer::Asked{
      serial, impl_->stopwatch_.start(Operation::discover, std::move(completion))});
}

Timings Discoveries::timings() const {
  return impl_->stopwatch_.read();
}

std::shared_ptr<const DiscoveriesSnapshot> Discoveries::snapshot() const {
  return impl_->published_.now();
}

void Discoveries::on_publish(
    std::function<void(const DiscoveriesSnapshot&, const DiscoveriesSnapshot&)> observer) {
  impl_->published_.observe(std::move(observer));
}

}  // namespace nvmeofs
