// A text that is made of what is looked at anew each time, and costs something.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "fs/tree.h"

namespace nvmeofs {

// Stays for a second as it was made, unless what it is made of has another number by then: what
// stat(2), open and a second stat say belongs together, as tar wants it, and who lists the root
// again and again makes no work. Any thread.
class RecentText {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds age{1};

  // `make` may be called from several threads at once.
  explicit RecentText(std::function<std::string()> make) : make_(std::move(make)) {}

  Text at(std::uint64_t number) {
    {
      const std::lock_guard lock(mutex_);
      if (made_ && made_->number == number && Clock::now() - made_->when < age) return made_->text;
    }
    const auto when = Clock::now();
    Text text{make_(), std::chrono::system_clock::now()};
    const std::lock_guard lock(mutex_);
    if (made_ && made_->text.text == text.text) text.changed = made_->text.changed;
    made_ = {number, when, text};
    return text;
  }

 private:
  struct Made {
    std::uint64_t number;
    Clock::time_point when;
    Text text;
  };

  const std::function<std::string()> make_;
  std::mutex mutex_;  // a leaf: not held while a text is made
  std::optional<Made> made_;
};

}  // namespace nvmeofs
