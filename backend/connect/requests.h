// Requests on their way to the thread that decides, and those that belong together: chains of them,
// each link when the one before is done, and several chains at once.
#pragma once

#include <cerrno>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "nvmeofs/error.h"
#include "nvmeofs/inbox.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/text.h"

namespace nvmeofs {

// What a request is answered when nobody decides any more.
inline void answer_unmounted(const Completion& completion) {
  completion(refuse(ESHUTDOWN, Reason::gone, "nvmeofs is being unmounted"));
}

// A message that has the completion of a request, itself or in what was `submitted`.
template <class Event, class Message>
void post_or_answer(Inbox<Event>& inbox, Message message) {
  const auto left = inbox.post(std::move(message));
  if (!left) return;
  const auto& back = std::get<Message>(*left);
  if constexpr (requires { back.completion; })
    answer_unmounted(back.completion);
  else
    answer_unmounted(back.submitted.completion);
}

// Each is an attempt at every path of a connection, or a log that is fetched, on threads of its
// own.
inline constexpr std::size_t most_chains_at_once = 16;

template <class Request>
struct Chain {
  std::string name{};  // for a sentence about it
  std::vector<Request> links{};
  // Somebody else may make meanwhile what the first link makes (Reason::exists): the others go on
  // with that one.
  bool first_may_exist = false;
  // What takes back the first link, when one behind it is refused; asked then, in the thread of the
  // refusal. Nothing: it stays.
  std::function<std::optional<Request>()> undo{};
};

// Why chains were not gone through, by their place among all.
using Failures = std::map<std::size_t, Error>;

// In one sentence, with the errno and the reason of the first. Not of no failure.
template <class Request>
Error failure_of(const Failures& failures, const std::vector<Chain<Request>>& chains,
                 std::string_view what) {
  Error first = failures.begin()->second;
  std::string all;
  for (const auto& [which, error] : failures)
    all += fmt::format("{}{}: {}", all.empty() ? "" : "; ", printable(chains[which].name),
                       error.message);
  first.message = fmt::format("{} of {} {}: {}", failures.size(), chains.size(), what, all);
  return first;
}

template <class Request>
class Chains : public std::enable_shared_from_this<Chains<Request>> {
 public:
  // Answers later, each exactly once; may do so before it returns.
  using Submit = std::function<void(Request, Completion)>;
  using Done = std::function<void(Failures)>;

  Chains(Submit submit, std::vector<Chain<Request>> chains, Done done)
      : submit_(std::move(submit)), chains_(std::move(chains)), done_(std::move(done)) {}

  void begin() {
    if (chains_.empty()) return done_({});
    go_on();
  }

 private:
  void go_on() {
    for (;;) {
      std::size_t which = 0;
      {
        const std::lock_guard lock(mutex_);
        if (next_ == chains_.size() || under_way_ == most_chains_at_once) return;
        which = next_++;
        ++under_way_;
      }
      follow(which, 0, false);
    }
  }

  // `made`: the first link was done by this chain, and is its own to take back.
  void follow(std::size_t which, std::size_t link, bool made) {
    const Chain<Request>& chain = chains_[which];
    if (link == chain.links.size()) return end(which, std::nullopt);
    submit_(chain.links[link],
            [self = this->shared_from_this(), &chain, which, link, made](Result<void> result) {
              const bool first = link == 0;
              if (result) return self->follow(which, link + 1, made || first);
              if (first && chain.first_may_exist && result.error().reason == Reason::exists)
                return self->follow(which, link + 1, false);
              self->give_up(which, made, std::move(result.error()));
            });
  }

  void give_up(std::size_t which, bool made, Error why) {
    const auto& undo = chains_[which].undo;
    const auto back = made && undo ? undo() : std::nullopt;
    if (!back) return end(which, std::move(why));
    submit_(*back, [self = this->shared_from_this(), which,
                    why = std::move(why)](const Result<void>&) { self->end(which, why); });
  }

  void end(std::size_t which, std::optional<Error> why) {
    bool over = false;
    {
      const std::lock_guard lock(mutex_);
      --under_way_;
      if (why) {
        // Nobody takes requests any more.
        if (why->errnum == ESHUTDOWN) next_ = chains_.size();
        failures_.emplace(which, *std::move(why));
      }
      over = under_way_ == 0 && next_ == chains_.size();
    }
    over ? done_(std::move(failures_)) : go_on();
  }

  const Submit submit_;
  const std::vector<Chain<Request>> chains_;
  const Done done_;
  std::mutex mutex_;  // a leaf
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  Failures failures_;
};

// `done` is called once, from the thread of the last answer; without a chain at once. The answers
// come from one thread, or one after the other.
template <class Request>
void submit_all(std::function<void(Request, Completion)> submit, std::vector<Chain<Request>> chains,
                std::function<void(Failures)> done) {
  std::make_shared<Chains<Request>>(std::move(submit), std::move(chains), std::move(done))->begin();
}

// The chains of what one request asks for, by a thread that decides on them itself: each of their
// requests comes to its inbox, and at the end `imported` does, with what failed.
template <class Event, class Imported>
void submit_through(const std::shared_ptr<Inbox<Event>>& inbox, Imported imported) {
  using ItsSubmitted = decltype(imported.submitted);
  using ItsRequest = decltype(imported.submitted.request);
  const auto kept = std::make_shared<Imported>(std::move(imported));
  submit_all<ItsRequest>(
      [inbox](ItsRequest request, Completion completion) {
        post_or_answer(*inbox, ItsSubmitted{std::move(request), std::move(completion)});
      },
      kept->chains,
      [inbox, kept](Failures failed) {
        kept->failed = std::move(failed);
        post_or_answer(*inbox, std::move(*kept));
      });
}

}  // namespace nvmeofs
