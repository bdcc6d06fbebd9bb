// A host's work on a disk while other things happen: blocks are written past the page cache, read
// back and compared, one after the other, until the end of the scope.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace nvmeofs::vm {

class Traffic {
 public:
  explicit Traffic(const std::string& disk);
  ~Traffic();
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  // Blocks done so far.
  std::uint64_t done() const { return done_; }
  // Whether it goes on: some more blocks, all right, within the usual limit.
  bool goes_on() const;
  // The first thing that went wrong; empty while nothing has.
  std::string error() const;

 private:
  void work();
  void fail(const std::string& what);

  int fd_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> done_ = 0;
  mutable std::mutex mutex_;  // guards error_
  std::string error_;
  std::thread thread_;
};

}  // namespace nvmeofs::vm
