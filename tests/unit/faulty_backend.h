// A Backend in front of another, that refuses, delays or counts steps.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "nvmeofs/backend.h"

namespace nvmeofs {

class FaultyBackend : public Backend {
 public:
  explicit FaultyBackend(Backend& backend) : backend_(backend) {}

  std::string root() const override { return backend_.root(); }
  Result<Target> observe() override {
    std::function<void()> before;
    {
      const std::lock_guard lock(mutex_);
      before = std::exchange(before_look_, nullptr);
    }
    if (before) before();
    return backend_.observe();
  }
  void leave_alone(const std::set<std::string>& subsystems) override {
    backend_.leave_alone(subsystems);
  }
  Result<void> need_transport(Trtype trtype) override { return backend_.need_transport(trtype); }
  const KernelAttributes& attributes() const override {
    return attributes_ ? *attributes_ : backend_.attributes();
  }
  std::set<std::string> modules_loaded() const override { return backend_.modules_loaded(); }
  int change_fd() const override { return backend_.change_fd(); }

  Result<void> perform(const Step& step) override {
    std::unique_lock lock(mutex_);
    performed_.push_back(step);
    if (hold_ && step.verb == hold_ && !(only_first_ && held_)) {
      held_ = true;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !hold_; });
      held_ = false;
    }
    if (refuse_at_ && performed_.size() == *refuse_at_ + 1)
      return refuse(errnum_, Reason::kernel_refused, "refused by the test");
    auto result = backend_.perform(step);
    ++ended_;
    return result;
  }
  // Every step has come back that was not refused by the test.
  bool is_idle() const {
    const std::lock_guard lock(mutex_);
    return ended_ == performed_.size();
  }

  // The step with this number, counted from now, is refused; those after it are not.
  void refuse_step(std::size_t number, int errnum) {
    const std::lock_guard lock(mutex_);
    performed_.clear();
    refuse_at_ = number;
    errnum_ = errnum;
  }

  // Steps of this kind wait, as the kernel does for the I/O of a dead disk, until let_go().
  void hold(Verb verb) {
    const std::lock_guard lock(mutex_);
    hold_ = verb;
  }
  // The first of them only.
  void hold_first(Verb verb) {
    hold(verb);
    const std::lock_guard lock(mutex_);
    only_first_ = true;
  }
  bool wait_until_held() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return held_; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    hold_.reset();
    changed_.notify_all();
  }

  // Something happens just before the kernel is looked at the next time.
  void before_next_look(std::function<void()> event) {
    const std::lock_guard lock(mutex_);
    before_look_ = std::move(event);
  }

  // A kernel of other attributes; while nobody asks.
  void have(KernelAttributes attributes) { attributes_ = std::move(attributes); }

  std::vector<Step> performed() const {
    const std::lock_guard lock(mutex_);
    return performed_;
  }

 private:
  Backend& backend_;
  std::optional<KernelAttributes> attributes_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Step> performed_;
  std::size_t ended_ = 0;
  std::optional<std::size_t> refuse_at_;
  int errnum_ = 0;
  std::optional<Verb> hold_;
  bool only_first_ = false;
  bool held_ = false;
  std::function<void()> before_look_;
};

}  // namespace nvmeofs
