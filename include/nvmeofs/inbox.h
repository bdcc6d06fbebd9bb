// What wakes a thread that decides: messages of other threads, and descriptors that become
// readable.
#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "nvmeofs/event_fd.h"

namespace nvmeofs {

// Any thread posts, one thread takes.
template <class Message>
class Inbox {
 public:
  struct Readable {
    std::size_t which = 0;  // in the order that the constructor was given
  };
  using Item = std::variant<Message, Readable>;

  // Descriptors are borrowed; a negative one is never readable.
  explicit Inbox(const std::vector<int>& descriptors) {
    fds_.push_back({wake_.get(), POLLIN, 0});
    for (const int fd : descriptors) fds_.push_back({fd, POLLIN, 0});
  }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Gives the message back when nothing is taken any more.
  std::optional<Message> post(Message message) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return message;
      posted_.push_back(std::move(message));
    }
    wake_.signal();
    return std::nullopt;
  }

  // What was posted comes in its order, before what is readable. Nothing: the time is over; without
  // a time it waits for ever.
  std::optional<Item> take(std::optional<std::chrono::milliseconds> patience) {
    constexpr std::chrono::milliseconds longest{24 * 60 * 60 * 1000};  // poll(2) takes an int
    const int timeout =
        patience ? static_cast<int>(std::clamp(*patience, {}, longest).count()) : -1;
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (!posted_.empty()) {
          Item item(std::in_place_index<0>, std::move(posted_.front()));
          posted_.pop_front();
          return item;
        }
      }
      const int ready = poll(fds_.data(), fds_.size(), timeout);
      if (ready < 0) continue;
      if (ready == 0) return std::nullopt;
      if (fds_[0].revents != 0) {
        wake_.clear();
        continue;
      }
      for (std::size_t i = 1; i < fds_.size(); ++i)
        if (fds_[i].revents != 0) return Item(std::in_place_index<1>, Readable{i - 1});
    }
  }

  // What was posted and not taken, at the end; nothing is taken any more.
  std::deque<Message> drain() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    return std::exchange(posted_, {});
  }

 private:
  const EventFd wake_;
  std::vector<pollfd> fds_;  // of the thread that takes
  std::mutex mutex_;         // a leaf
  std::deque<Message> posted_;
  bool closed_ = false;
};

}  // namespace nvmeofs
