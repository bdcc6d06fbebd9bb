#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>

namespace nvmeofs {
namespace {

using Clock = std::chrono::steady_clock;

// The descriptors that the program gets, which of them, and what else it is to find.
class Spawn {
 public:
  Spawn() {
    keep(posix_spawn_file_actions_init(&actions_));
    keep(posix_spawnattr_init(&attributes_));
  }
  ~Spawn() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  // Neither is one of the descriptors 0 to 2; no input: negative.
  void between(int input, int output) {
    if (input < 0) {
      keep(posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    } else {
      keep(posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO));
    }
    keep(posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO));
    keep(posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0));
    // Ours are all close-on-exec; this is for those that a library opened.
    keep(posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
  }

  void as_from_a_shell() {
    sigset_t signals;
    sigemptyset(&signals);
    keep(posix_spawnattr_setsigmask(&attributes_, &signals));
    sigfillset(&signals);
    keep(posix_spawnattr_setsigdefault(&attributes_, &signals));
    // A session of its own, so that the Ctrl-C that ends `nvmeofs -f` is no answer of the program.
    keep(posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID));
  }

  tl::expected<pid_t, int> start(const std::string& program,
                                 const std::vector<std::string>& arguments) {
    if (error_ != 0) return tl::unexpected<int>(error_);
    std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    const std::array<char*, 2> environment{path.data(), nullptr};
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const auto& each : arguments) words.push_back(const_cast<char*>(each.c_str()));
    words.push_back(nullptr);
    pid_t pid = -1;
    const int error = posix_spawn(&pid, program.c_str(), &actions_, &attributes_, words.data(),
                                  environment.data());
    if (error != 0) return tl::unexpected<int>(error);
    return pid;
  }

 private:
  void keep(int error) {
    if (error_ == 0) error_ = error;
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  int error_ = 0;
};

struct Pipe {
  Fd out;
  Fd in;
};

// Above the descriptors 0 to 2, which are free in a daemon that was started without them: what is
// put there for the program must not overwrite what is to be put there next.
tl::expected<Pipe, int> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return tl::unexpected<int>(errno);
  Pipe low{Fd(ends[0]), Fd(ends[1])};
  Pipe pipe;
  for (const auto& [from, to] : {std::pair(&low.out, &pipe.out), std::pair(&low.in, &pipe.in)}) {
    if (from->get() > STDERR_FILENO) {
      *to = std::move(*from);
    } else {
      *to = Fd(fcntl(from->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
      if (!*to) return tl::unexpected<int>(errno);
    }
  }
  return pipe;
}

// All of it at once, before anybody reads: a pipe has room for it.
int fill(const Fd& pipe, const std::string& text) {
  if (text.size() > PIPE_BUF) return EMSGSIZE;
  return write(pipe.get(), text.data(), text.size()) < 0 ? errno : 0;
}

void wait_for(int process, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd wait{process, POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(std::max<decltype(left)>(left, 0))) >= 0) return;
    if (errno != EINTR) return;
  }
}

// What is in the pipe now. Others that the program has started may still hold its other end.
std::string read_output(int pipe) {
  std::array<char, 4096> text{};
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(pipe, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  return {text.data(), size};
}

}  // namespace

tl::expected<Child, int> Child::start(const std::string& program,
                                      const std::vector<std::string>& arguments,
                                      const std::string& input) {
  auto told = input.empty() ? tl::expected<Pipe, int>() : make_pipe();
  auto output = make_pipe();
  if (!told || !output) return tl::unexpected<int>(told ? output.error() : told.error());
  // This end alone: the program's writes are to wait for room, as everywhere.
  if (fcntl(output->out.get(), F_SETFL, O_NONBLOCK) != 0) return tl::unexpected<int>(errno);
  if (!input.empty()) {
    if (const int errnum = fill(told->in, input); errnum != 0) return tl::unexpected<int>(errnum);
  }
  Spawn spawn;
  spawn.between(told->out.get(), output->in.get());
  spawn.as_from_a_shell();
  const auto pid = spawn.start(program, arguments);
  if (!pid) return tl::unexpected<int>(pid.error());
  *told = Pipe();  // and with them there is room for another descriptor
  output->in = Fd();
  // Not glibc's pidfd_open: that of Debian 12 is not declared for C++. Without the descriptor the
  // end is not waited for, only looked for.
  Fd process(static_cast<int>(syscall(SYS_pidfd_open, *pid, 0)));
  return Child(*pid, std::move(process), std::move(output->out));
}

std::optional<ChildEnd> Child::end_within(std::chrono::milliseconds limit) {
  if (pid_ < 0) return ChildEnd{};
  if (process_) wait_for(process_.get(), Clock::now() + limit);
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended == 0) return std::nullopt;
  ChildEnd end;
  if (ended == pid_ && WIFEXITED(status)) end.status = WEXITSTATUS(status);
  if (ended == pid_ && WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.said = read_output(output_.get());
  pid_ = -1;
  process_ = Fd();
  output_ = Fd();
  return end;
}

void Child::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

}  // namespace nvmeofs
