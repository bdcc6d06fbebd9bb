#include "traffic.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "shell.h"

namespace nvmeofs::vm {
namespace {

constexpr std::size_t block = std::size_t{64} << 10;
constexpr std::uint64_t blocks = 64;  // the part of the disk that is used, from its 16th MiB on
constexpr std::uint64_t first = 256;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

}  // namespace

Traffic::Traffic(const std::string& disk)
    : fd_(::open(disk.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC)) {
  if (fd_ < 0)
    fail("open " + disk);
  else
    thread_ = std::thread([this] { work(); });
}

Traffic::~Traffic() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  if (fd_ >= 0) ::close(fd_);
}

bool Traffic::goes_on() const {
  constexpr std::uint64_t some = 10;
  const auto begin = done();
  return eventually([&] { return done() >= begin + some || !error().empty(); }) && error().empty();
}

std::string Traffic::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void Traffic::fail(const std::string& what) {
  const std::lock_guard lock(mutex_);
  error_ = what + ": " + std::strerror(errno);
}

void Traffic::work() {
  const std::unique_ptr<char, Free> out(static_cast<char*>(std::aligned_alloc(4096, block)));
  const std::unique_ptr<char, Free> in(static_cast<char*>(std::aligned_alloc(4096, block)));
  while (!stop_) {
    const auto offset = static_cast<off_t>((first + done_ % blocks) * block);
    std::memset(out.get(), static_cast<int>(1 + done_ % 251), block);
    if (::pwrite(fd_, out.get(), block, offset) != static_cast<ssize_t>(block))
      return fail("write");
    if (::pread(fd_, in.get(), block, offset) != static_cast<ssize_t>(block)) return fail("read");
    if (std::memcmp(in.get(), out.get(), block) != 0) {
      errno = EILSEQ;
      return fail("compare");
    }
    ++done_;
  }
}

}  // namespace nvmeofs::vm
