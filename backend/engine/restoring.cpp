#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

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

// Where a step is, for the person who reads why it was refused.
std::string place_of(const RestoreStep& step) {
  const char* const root = step.about == About::a_host   ? "hosts"
                           : step.about == About::a_port ? "ports"
                                                         : "exports";
  const bool whole = step.file.empty() || step.file == "config.json";
  return fmt::format("{}/{}{}{}", root, printable(step.name), whole ? "" : "/",
                     whole ? "" : step.file);
}

}  // namespace

void Applier::take_target(Request& request, Completion completion) {
  const auto refuse_it = [&](Error error) {
    refuse_request(nullptr, request, completion, std::move(error));
  };
  if (auto seen = look(); !seen) return refuse_it(seen.error());
  const auto now = picture();
  Restore restore = plan_restore(*std::get<TakeTarget>(*request.intent).config, *now,
                                 environment_.backend.attributes());
  // In the store before the first step: whoever is killed from here on is taken back.
  if (!restore.steps.empty()) {
    StoredState next = stored_;
    next.restoring = before_restore(restore, *now, stored_);
    next.restoring->boot_id = environment_.boot_id;
    if (auto saved = save(std::move(next), {}); !saved) return refuse_it(saved.error());
  }
  restoring_ =
      std::make_unique<Restoring>(Restoring{std::move(request),
                                            std::move(completion),
                                            {std::make_move_iterator(restore.steps.begin()),
                                             std::make_move_iterator(restore.steps.end())},
                                            std::move(restore.left_out)});
  go_on_restoring({});
  run_restore();
}

void Applier::run_restore() {
  while (restoring_ && restoring_->next) {
    Submitted step = std::move(*restoring_->next);
    restoring_->next.reset();
    carry_out(step);
  }
}

// With the answer to the last step.
void Applier::go_on_restoring(Result<void> last) {
  Restoring& now = *restoring_;
  if (!last && now.cause) now.stuck.push_back(last.error().message);
  if (!last && !now.cause) {
    now.cause = std::move(last.error());
    now.cause->message = fmt::format("{}: {}", place_of(now.done.back()), now.cause->message);
    now.done.pop_back();
  }
  if (!now.cause && !now.to_do.empty()) {
    now.done.push_back(std::move(now.to_do.front()));
    now.to_do.pop_front();
    return prepare_step(now.done.back(), now.done.back().intent);
  }
  if (!now.cause)
    if (auto saved = end_restore(); !saved) now.cause = std::move(saved.error());
  while (now.cause && !now.done.empty()) {
    const RestoreStep step = std::move(now.done.back());
    now.done.pop_back();
    if (step.undo) return prepare_step(step, *step.undo);
  }

  if (now.cause)
    if (auto saved = end_restore(); !saved) {
      spdlog::error("config.json: {}; until the next change is saved a restart takes it back again",
                    saved.error().message);
      stored_.restoring.reset();
    }
  const auto finished = std::move(restoring_);
  if (finished->machine_changed && options_.look_after) look_after_all();
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

// From here on a restart finds it as it is now.
Result<void> Applier::end_restore() {
  if (!stored_.restoring) return {};
  StoredState next = stored_;
  // What is as it was is not to be there as if somebody had written it.
  if (restoring_->cause && restoring_->stuck.empty()) {
    next.ports = next.restoring->ports;
    next.hosts = next.restoring->hosts;
  }
  next.restoring.reset();
  forget_ports(next);
  return save(std::move(next), {});
}

void Applier::prepare_step(const RestoreStep& step, const Intent& intent) {
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
  const bool gives_back = step.was_foreign && restoring_->cause;
  restoring_->next = Submitted{{.caller = restoring_->request.caller,
                                .name = step.name,
                                .serial = serial,
                                .file = step.file,
                                .value = "as config.json has it",
                                .intent = intent,
                                .about = step.about},
                               [this, gives_back, name = step.name](Result<void> result) {
                                 if (!restoring_) return;  // its end
                                 if (gives_back && result) give_back(name);
                                 go_on_restoring(std::move(result));
                               }};
}

void Applier::give_back(const std::string& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  make_foreign(found->second);
  save_as_it_is(found->second);
  look_for_foreign();
}

void Applier::make_foreign(LiveExport& entry) {
  ExportView& view = entry.view;
  view.foreign = true;
  view.changed = std::chrono::system_clock::now();
  view.refused.reset();
  view.failed.clear();
  view.waiting.clear();
  view.absent = {};
  view.note.clear();
  view.access.clear();
  entry.spaces.clear();
  entry.controller.reset();
  entry.half_done = false;
  entry.looked_after = false;
}

// Steps follow each other without a pause, and whoever comes meanwhile is served after them. Only
// while one waits in the kernel others come in between: they may take down what is not touched.
Result<void> Applier::check_nothing_is_restored(const Request& request) const {
  if (!stored_.restoring || !request.intent) return {};
  const Intent& intent = *request.intent;
  const auto* const enabling = std::get_if<SetEnabled>(&intent);
  const bool goes_down =
      (enabling != nullptr && !enabling->on) || std::holds_alternative<TakeDown>(intent);
  if (goes_down && !stored_.restoring->touches(request.name)) return {};
  if (was_cut_off())
    return refuse(EBUSY, Reason::kernel_waits,
                  "a restore of config.json was cut off before, and is being taken back; status of "
                  "its exports says what that waits for; write it again when that is done");
  return refuse(EBUSY, Reason::kernel_waits,
                "config.json is being restored, and waits in the kernel; write it again when that "
                "is done");
}

}  // namespace nvmeofs
