#include "support/subprocess.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "support/wait_until.h"

namespace nvmeofs {
namespace {

std::string temporary_file(const std::string& content = "") {
  std::string path = "/tmp/nvmeofs-out-XXXXXX";
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "mkostemp");
  ::close(fd);
  if (!content.empty()) std::ofstream(path) << content;
  return path;
}

[[noreturn]] void become(const Command& command, const RunOptions& options, int in, int out,
                         int err) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(126);
  if (options.uid) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(*options.uid) != 0 || ::setuid(*options.uid) != 0)
      ::_exit(126);
  }
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words.front(), words.data());
  ::_exit(127);
}

}  // namespace

Subprocess::Subprocess(const Command& command, const RunOptions& options)
    : out_path_(temporary_file()), err_path_(temporary_file()) {
  const std::string in_path = temporary_file(options.input);
  const int in = ::open(in_path.c_str(), O_RDONLY | O_CLOEXEC);
  ::unlink(in_path.c_str());
  const int out = ::open(out_path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  const int err = ::open(err_path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  pid_ = ::fork();
  if (pid_ == 0) become(command, options, in, out, err);
  for (const int fd : {in, out, err}) ::close(fd);
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  ::setpgid(pid_, pid_);  // also here: whoever comes first
}

Subprocess::~Subprocess() {
  if (!outcome_) wait(std::chrono::seconds(0));
  ::unlink(out_path_.c_str());
  ::unlink(err_path_.c_str());
}

void Subprocess::collect(int status) {
  outcome_ = Outcome{WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
                     read_file(out_path_), read_file(err_path_)};
}

bool Subprocess::running() {
  if (outcome_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  collect(status);
  return false;
}

void Subprocess::signal(int signal) const {
  if (!outcome_) ::kill(pid_, signal);
}

const Outcome& Subprocess::wait(std::chrono::seconds bound) {
  if (!wait_until([this] { return !running(); }, bound)) {
    ::kill(-pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    collect(status);
  }
  return *outcome_;
}

Outcome run(const Command& command, const RunOptions& options) {
  return Subprocess(command, options).wait(options.bound);
}

Outcome bash(const std::string& script, const RunOptions& options) {
  return run({"bash", "-c", script}, options);
}

int write_errno(const std::string& path, const std::string& value, int flags) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags);
  if (fd < 0) return errno;
  const int result = ::write(fd, value.data(), value.size()) < 0 ? errno : 0;
  ::close(fd);
  return result;
}

std::string read_file(const std::string& path) {
  std::string text;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  std::array<char, 65536> part{};
  for (ssize_t size = 0; (size = ::read(fd, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(size));
  ::close(fd);
  return text;
}

}  // namespace nvmeofs
