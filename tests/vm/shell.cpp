#include "shell.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>
#include <system_error>
#include <thread>

namespace nvmeofs::vm {
namespace {

using Clock = std::chrono::steady_clock;

pid_t start(const std::vector<std::string>& words, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid > 0) return pid;
  ::setpgid(0, 0);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execvp(arguments.front(), arguments.data());
  ::_exit(127);
}

// Whether it came to its end.
bool read_all(int fd, std::string& text, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    pollfd wait{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) == 0) return false;
    std::array<char, 4096> part{};
    const ssize_t size = ::read(fd, part.data(), part.size());
    if (size <= 0) return true;
    text.append(part.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

Outcome execute(const std::vector<std::string>& words, std::chrono::seconds limit) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t pid = start(words, ends[1]);
  ::close(ends[1]);
  Outcome outcome;
  const bool ended = read_all(ends[0], outcome.output, Clock::now() + limit);
  ::close(ends[0]);
  if (!ended) ::kill(-pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (ended) outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

Outcome sh(const std::string& script, std::chrono::seconds limit) {
  return execute({"bash", "-c", script}, limit);
}

std::string run(const std::string& script, std::chrono::seconds limit) {
  Outcome outcome = sh(script, limit);
  EXPECT_EQ(outcome.status, 0) << script << "\n" << outcome.output;
  return std::move(outcome.output);
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit) {
  for (const auto end = Clock::now() + limit; !condition();) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

std::string read_text(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "(" + errno_symbol(errno) + ")";
  std::string text;
  std::array<char, 4096> part{};
  ssize_t size = 0;
  while ((size = ::read(fd, part.data(), part.size())) > 0)
    text.append(part.data(), static_cast<std::size_t>(size));
  const int error = size < 0 ? errno : 0;
  ::close(fd);
  if (error != 0) return "(" + errno_symbol(error) + ")";
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string write_text(const std::string& path, const std::string& text, int flags) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags);
  if (fd < 0) return errno_symbol(errno);
  const std::string line = text + "\n";
  const ssize_t size = ::write(fd, line.data(), line.size());
  const int error = size < 0 ? errno : 0;
  ::close(fd);
  if (error == 0 && static_cast<std::size_t>(size) != line.size()) return "short write";
  return errno_symbol(error);
}

std::string errno_symbol(int errnum) {
  if (errnum == 0) return "ok";
  const char* const symbol = ::strerrorname_np(errnum);
  return symbol != nullptr ? symbol : std::to_string(errnum);
}

std::string lines_with(const std::string& text, const std::string& beginning) {
  std::istringstream lines(text);
  std::string found;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(beginning)) found += line + "\n";
  if (!found.empty()) found.pop_back();
  return found;
}

std::string lines_without(const std::string& text, const std::string& part) {
  std::istringstream lines(text);
  std::string found;
  for (std::string line; std::getline(lines, line);)
    if (line.find(part) == std::string::npos) found += line + "\n";
  if (!found.empty()) found.pop_back();
  return found;
}

}  // namespace nvmeofs::vm
