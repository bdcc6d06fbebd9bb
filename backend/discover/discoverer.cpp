#include "discover/discoverer.h"

#include <fmt/chrono.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "connect/backoff.h"
#include "nvmeofs/text.h"

namespace nvmeofs::discoverer {

Discoverer::Discoverer(DiscoveriesEnvironment environment, DiscoveriesOptions options,
                       std::shared_ptr<Inbox<Event>> inbox, Publish publish)
    : environment_(environment),
      options_(options),
      inbox_(std::move(inbox)),
      publish_(std::move(publish)),
      calls_(inbox_) {}

Result<void> Discoverer::begin() {
  if (auto loaded = load(); !loaded) return loaded;
  publish();
  return {};
}

void Discoverer::run() {
  end_leftovers();
  hear_news();
  work_on_all();
  while (!stopped_) {
    if (unpublished_) publish();
    std::optional<std::chrono::milliseconds> patience;
    if (const auto due = next_due())
      patience = std::chrono::ceil<std::chrono::milliseconds>(
          std::max(*due - Clock::now(), Clock::duration::zero()));
    // What has come in together is taken in together, and the kernel is looked at once for all of
    // it; afterwards, as what a fetch has made is there by then.
    for (auto item = inbox_->take(patience); item;
         item = inbox_->take(std::chrono::milliseconds{0})) {
      auto* const event = std::get_if<0>(&*item);
      if (event == nullptr) break;
      take_in(*event);
    }
    hear_news();
    work_on_all();
  }
  end();
}

// What was ours when a run before this one was killed, and is kept by nobody.
void Discoverer::end_leftovers() {
  const auto topology = environment_.initiator.observe();
  if (!topology) return;
  for (const auto& named : topology->controllers) {
    const HostController& controller = named.second;
    if (!controller.discovery || !environment_.initiator.is_marked(controller.name)) continue;
    const auto* const entry = controller.address ? at(*controller.address) : nullptr;
    if (entry != nullptr && entry->view.wanted.persistent) continue;
    spdlog::info("{}, a discovery controller that was left at {}, is ended", controller.name,
                 printable(controller.address_text));
    calls_.run([name = controller.name, &initiator = environment_.initiator] {
      static_cast<void>(initiator.disconnect(name));
    });
  }
}

void Discoverer::take_in(Event& event) {
  if (std::holds_alternative<Stop>(event)) stopped_ = true;
  if (auto* submitted = std::get_if<Submitted>(&event)) receive(std::move(*submitted));
  if (auto* one_asked = std::get_if<Asked>(&event)) asked(*one_asked);
  if (auto* fetch = std::get_if<Fetch>(&event)) fetched(*fetch);
  if (auto* one_joined = std::get_if<Joined>(&event)) joined(*one_joined);
  if (auto* one_ended = std::get_if<Ended>(&event)) ended(*one_ended);
  if (auto* one_imported = std::get_if<Imported>(&event)) imported(*one_imported);
}

void Discoverer::receive(Submitted submitted) {
  const DiscoveryRequest& request = submitted.request;
  LiveDiscovery* entry = entries_.of(request);
  if (!request.intent) return refuse_request(entry, submitted, request.intent.error());
  if (std::holds_alternative<MakeDiscovery>(*request.intent)) return make(submitted);
  if (std::holds_alternative<TakeConf>(*request.intent)) return take_conf(std::move(submitted));
  if (std::holds_alternative<RemoveDiscovery>(*request.intent)) {
    const auto found = entries_.find(request.name);
    if (found == entries_.end())
      return refuse_request(nullptr, submitted,
                            {ENOENT, Reason::gone, "there is no such directory"});
    entry = &found->second;
  }
  if (entry == nullptr)
    return refuse_request(
        nullptr, submitted,
        {ESTALE, Reason::gone, "the directory was removed while this file was open"});
  entry->queue.push_back(std::move(submitted));
}

LiveDiscovery* Discoverer::at(const TransportAddress& address) {
  for (auto& [name, entry] : entries_)
    if (entry.view.wanted.address == address) return &entry;
  return nullptr;
}

void Discoverer::make(Submitted& submitted) {
  const std::string& name = submitted.request.name;
  const auto& address = std::get<MakeDiscovery>(*submitted.request.intent).address;
  if (entries_.contains(name))
    return refuse_request(nullptr, submitted, {EEXIST, Reason::exists, "it is there already"});
  if (const auto* const other = at(address))
    return refuse_request(nullptr, submitted,
                          {EEXIST, Reason::exists,
                           fmt::format("discovery/{} is {} already",
                                       printable(other->view.wanted.name), address.uri())});
  DiscoveryView view;
  view.wanted = {.name = name, .address = address};
  view.made = view.changed = std::chrono::system_clock::now();
  LiveDiscovery& placed = entries_.place(name, std::move(view));
  if (auto saved = save(placed, placed.view.wanted); !saved) {
    entries_.erase(name);
    return refuse_request(nullptr, submitted, saved.error());
  }
  accept(&placed, submitted, placed.view.wanted.address.uri());
}

void Discoverer::asked(Asked& event) {
  LiveDiscovery* const entry = entries_.with(event.serial);
  if (entry == nullptr)
    return event.completion(refuse(ESTALE, Reason::gone, "the directory was removed"));
  entry->asking.push_back(std::move(event.completion));
}

void Discoverer::work_on_all() {
  entries_.for_each([this](LiveDiscovery& entry) { work_on(entry); });
}

void Discoverer::work_on(LiveDiscovery& entry) {
  const std::uint64_t serial = entry.view.serial;
  for (;;) {
    if (entry.operation) go_on(entry);
    if (entries_.with(serial) == nullptr) return;  // that was its rmdir
    if (entry.operation || entry.queue.empty()) break;
    Submitted next = std::move(entry.queue.front());
    entry.queue.pop_front();
    begin_operation(entry, std::move(next));
  }
  // Not while the kept controller is being ended: it would be made again.
  const bool ending = entry.operation && entry.operation->phase == Operation::Phase::ending;
  if (!entry.asking.empty() && !entry.fetching && !ending)
    begin_fetch(entry, entry.view.wanted.persistent);
  if (!entry.operation) tend(entry);
}

// What is live, or what the kernel tries to bring back, is the kernel's.
bool Discoverer::is_kept(const LiveDiscovery& entry) const {
  const auto found = observed_.controllers.find(entry.view.controller);
  return found != observed_.controllers.end() && found->second.discovery &&
         found->second.address == entry.view.wanted.address;
}

void Discoverer::tend(LiveDiscovery& entry) {
  if (!entry.view.wanted.persistent || entry.fetching) return;
  if (!entry.view.controller.empty() && !is_kept(entry)) {
    entry.view.controller.clear();
    entry.ours = false;
    set_back(entry, "its controller is gone");
    spdlog::warn("discovery/{}: {}", printable(entry.view.wanted.name), entry.view.trouble);
  }
  const bool wanted = entry.view.controller.empty() || entry.news || entry.unfinished;
  if (wanted && entry.due <= Clock::now()) begin_fetch(entry, true);
}

void Discoverer::hear_news() {
  const auto controllers = environment_.initiator.changed_logs();
  const bool kept = std::any_of(entries_.begin(), entries_.end(), [](const auto& entry) {
    return !entry.second.view.controller.empty();
  });
  if (!kept) return;
  if (auto topology = environment_.initiator.observe()) observed_ = *std::move(topology);
  for (auto& [name, entry] : entries_)
    if (!entry.view.controller.empty() && controllers.contains(entry.view.controller)) {
      entry.news = true;
      entry.due = {};
    }
}

void Discoverer::set_back(LiveDiscovery& entry, std::string trouble) {
  const double chance = std::uniform_real_distribution<>(0, 1)(random_);
  const auto pause =
      pause_after(++entry.failures, options_.first_pause, options_.longest_pause, chance);
  entry.due = Clock::now() + pause;
  entry.view.trouble = fmt::format(
      "{}; tried again at {:%FT%TZ}", trouble,
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + pause)));
  unpublished_ = true;
}

std::optional<Discoverer::Clock::time_point> Discoverer::next_due() const {
  std::optional<Clock::time_point> due;
  for (const auto& [name, entry] : entries_) {
    const bool wanted = entry.view.controller.empty() || entry.news || entry.unfinished;
    if (entry.view.wanted.persistent && wanted && !entry.fetching && !entry.operation)
      due = due ? std::min(*due, entry.due) : entry.due;
  }
  return due;
}

void Discoverer::end() {
  for (auto& event : inbox_->drain()) {
    if (auto* submitted = std::get_if<Submitted>(&event)) answer_unmounted(submitted->completion);
    if (auto* one_asked = std::get_if<Asked>(&event)) answer_unmounted(one_asked->completion);
    if (auto* one_imported = std::get_if<Imported>(&event))
      answer_unmounted(one_imported->submitted.completion);
  }
  for (auto& [name, entry] : entries_) {
    for (const auto& completion : entry.asking) answer_unmounted(completion);
    if (entry.operation && entry.operation->submitted)
      answer_unmounted(entry.operation->submitted->completion);
    for (const auto& submitted : entry.queue) answer_unmounted(submitted.completion);
  }
  calls_.wait(std::chrono::seconds(1));
}

}  // namespace nvmeofs::discoverer
