#include "fs/daemonize.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace nvmeofs {
namespace {

// Said by the child when it is ready; anything else is the reason why not.
constexpr std::string_view ready_word = "ready";

void say(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the parent is gone; nobody waits
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void complain(std::string_view message) {
  fmt::print(stderr, "nvmeofs: {}\n", message);
}

int wait_for(Fd child) {
  std::string said;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t size = ::read(child.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    said.append(part.data(), static_cast<std::size_t>(size));
  }
  if (said == ready_word) return 0;
  complain(said.empty() ? "the program ended before it was ready; the journal may say why" : said);
  return 1;
}

void leave_terminal() {
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null.get(), fd);
}

}  // namespace

void Startup::ready() {
  if (parent_) {
    leave_terminal();
    say(parent_.get(), ready_word);
    parent_ = Fd();
  }
  sd_notify(0, "READY=1");
}

void Startup::failed(std::string_view message) {
  if (!parent_) return complain(message);
  say(parent_.get(), message);
  parent_ = Fd();
}

Forked daemonize() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    complain(fmt::format("cannot make a pipe: {}", strerror(errno)));
    return {1, {}};
  }
  Fd reading(ends[0]);
  Fd writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    complain(fmt::format("cannot fork: {}", strerror(errno)));
    return {1, {}};
  }
  if (child > 0) {
    writing = Fd();
    return {wait_for(std::move(reading)), {}};
  }
  ::setsid();
  if (::chdir("/") != 0) return {1, {}};
  return {std::nullopt, Startup(std::move(writing))};
}

}  // namespace nvmeofs
