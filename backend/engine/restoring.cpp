#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/applier.h"
#include "nvmeofs/text.h"

namespace nvmeofs {

namespace {

std::string in_words(const std::vector<std::string>& left_out) {
  constexpr std::size_t enough = 16;
  const std::size_t shown = std::min(left_out.size(), enough);
  std::string text = fmt::format(
      "{}",
      fmt::join(left_out.begin(), left_out.begin() + static_cast<std::ptrdiff_t>(shown), "; "));
  if (shown < left_out.size()) text += fmt::format("; and {} more", left_out.size() - shown);
  return text;
}

}  // namespace

void Applier::take_target(Request& request, Completion completion) {
  if (restoring_)
    return refuse_request(
        nullptr, request, completion,
        {EBUSY, Reason::kernel_waits, "another one is being restored; write it when that is done"});
  if (auto seen = look(); !seen) return refuse_request(nullptr, request, completion, seen.error());
  Restore restore = plan_restore(*std::get<TakeTarget>(*request.intent).config, *picture(),
                                 environment_.backend.attributes());
  restoring_ =
      std::make_unique<Restoring>(Restoring{std::move(request),
                                            std::move(completion),
                                            {std::make_move_iterator(restore.steps.begin()),
                                             std::make_move_iterator(restore.steps.end())},
                                            std::move(restore.left_out)});
  go_on_restoring({});
}

// With the answer to the last step.
void Applier::go_on_restoring(Result<void> last) {
  Restoring& now = *restoring_;
  if (!last && now.cause) now.stuck.push_back(last.error().message);
  if (!last && !now.cause) {
    now.cause = std::move(last.error());
    const RestoreStep& refused = now.done.back();
    now.cause->message = fmt::format(
        "{}{}{}{}: {}",
        refused.about == About::a_host   ? "hosts/"
        : refused.about == About::a_port ? "ports/"
                                         : "exports/",
        printable(refused.name), refused.file.empty() || refused.file == "config.json" ? "" : "/",
        refused.file == "config.json" ? "" : refused.file, now.cause->message);
    now.done.pop_back();
  }
  if (!now.cause && !now.to_do.empty()) {
    now.done.push_back(std::move(now.to_do.front()));
    now.to_do.pop_front();
    return submit_step(now.done.back(), now.done.back().intent);
  }
  while (now.cause && !now.done.empty()) {
    const RestoreStep step = std::move(now.done.back());
    now.done.pop_back();
    if (step.undo) return submit_step(step, *step.undo);
  }

  const auto finished = std::move(restoring_);
  if (finished->cause) {
    Error error = std::move(*finished->cause);
    error.message += finished->stuck.empty()
                         ? "; everything is as it was before"
                         : "; not all could be taken back: " + in_words(finished->stuck);
    return refuse_request(nullptr, finished->request, finished->completion, std::move(error));
  }
  std::string text = finished->done.empty() ? "nothing to do"
                                            : fmt::format("{} change{}", finished->done.size(),
                                                          finished->done.size() == 1 ? "" : "s");
  if (!finished->left_out.empty()) text += "; left out: " + in_words(finished->left_out);
  accept(nullptr, finished->request, finished->completion, std::move(text));
}

void Applier::submit_step(const RestoreStep& step, const Intent& intent) {
  const auto serial_in = [&](auto& entries) -> std::uint64_t {
    const auto found = entries.find(step.name);
    return found != entries.end() ? found->second.view.serial : 0;
  };
  std::uint64_t serial = 0;
  if (step.about == About::an_export) {
    serial = serial_in(entries_);
  } else if (step.about == About::a_port) {
    look_for_ports();
    serial = serial_in(ports_);
  } else {
    look_for_hosts();
    serial = serial_in(hosts_);
  }
  mailbox_->post(Submitted{{.caller = restoring_->request.caller,
                            .name = step.name,
                            .serial = serial,
                            .file = step.file,
                            .value = "as config.json has it",
                            .intent = intent,
                            .about = step.about},
                           [this](Result<void> result) { go_on_restoring(std::move(result)); }});
}

}  // namespace nvmeofs
