#include <utility>

#include "connect/config.h"
#include "connect/connector.h"
#include "connect/join.h"

namespace nvmeofs::connector {
namespace {

std::string done_text(const Imported& taken) {
  std::string text = taken.chains.empty()
                         ? "all of it is there already"
                         : fmt::format("{} connected or added to", taken.chains.size());
  for (const auto& sentence : taken.left_out) text += "; " + sentence;
  return text;
}

}  // namespace

// Planned in one go over what is there now; then each connection as if somebody wrote it.
void Connector::take_config(Submitted submitted) {
  const auto own = environment_.initiator.host_identity();
  if (!own) return refuse_request(nullptr, submitted, own.error());
  std::vector<const ConnectionView*> views;
  for (const auto& [name, entry] : entries_) views.push_back(&entry.view);
  auto plan =
      plan_config(std::get<TakeConfig>(*submitted.request.intent).config, views, *own, tokens_);
  if (!plan) return refuse_request(nullptr, submitted, plan.error());

  Imported taken{std::move(submitted), {}, std::move(plan->left_out), {}};
  for (const auto& join : plan->joins)
    taken.chains.push_back(chain_of(join, taken.submitted.request.caller));
  if (taken.chains.empty()) return imported(taken);
  submit_through(inbox_, std::move(taken));
}

void Connector::imported(Imported& event) {
  if (event.failed.empty()) return accept(nullptr, event.submitted, done_text(event));
  Error failure = failure_of(event.failed, event.chains, "could not be connected");
  for (const auto& sentence : event.left_out) failure.message += "; " + sentence;
  refuse_request(nullptr, event.submitted, std::move(failure));
}

}  // namespace nvmeofs::connector
