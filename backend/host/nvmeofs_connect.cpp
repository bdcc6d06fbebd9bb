// nvmeofs-connect: one write to /dev/nvme-fabrics, in a process that can be given up.
//
//   nvmeofs-connect MILLISECONDS < OPTIONS
//   nvmeofs-connect                           the options that the kernel knows
//
//   exit 0   stdout has what the kernel answered, "instance=3,cntlid=1"
//   exit 1   the kernel refused; stdout has the errno, a number
//   exit 2   it did not come to that; stdout has the errno, a number
//
// The options come by standard input and not as an argument, because there can be a secret in them,
// and arguments are everybody's to read.
//
// The kernel ends its waits for a connection, and for what a target says first, when a signal is
// there (nvme_tcp: kernel_connect, kernel_recvmsg; nvme_rdma: nvme_rdma_wait_for_cm), but not its
// wait for the answer to a Connect command, nor that for its mutex, behind which every attempt of
// the machine stands. Seconds until the end, that of the program's start in an emulated machine
// with it:
//
//                                               6.1.0-56   7.2.13
//   TCP, whatever is sent is lost, limit 1 s         1.7      2.7
//   TCP, the same, limit 30 s                        4.5      6.3   the kernel gives up itself
//   RDMA, the same, limit 3 s                        4.0      5.7   78 to 102 without a limit
//   TCP, accepts and says nothing, limit 3 s         3.8      5.3
//   TCP, nothing after its ICResp, limit 3 s        63.5     65.8   nvme_core.admin_timeout
//   any, while that one waits, limit 3 s            62.8     64.4
//
// So the signal is no fatal one: whenever the kernel comes back with a controller too late, this
// program deletes it again, however long nobody listens to it any more.
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "nvmeofs/fd.h"

namespace {

using nvmeofs::Fd;

constexpr int connected = 0;
constexpr int refused = 1;
constexpr int not_asked = 2;

volatile std::sig_atomic_t late = 0;

void on_alarm(int) {
  late = 1;
}

int say_errno(int status, int errnum) {
  std::printf("%d\n", errnum);
  return std::fflush(stdout) == 0 ? status : not_asked;
}

// Again and again, as one that comes before the kernel begins to wait ends no wait.
bool set_alarm(long milliseconds) {
  struct sigaction action {};
  action.sa_handler = on_alarm;  // without SA_RESTART: the write is not to begin anew
  if (sigaction(SIGALRM, &action, nullptr) != 0) return false;
  itimerval timer{};
  timer.it_value.tv_sec = milliseconds / 1000;
  timer.it_value.tv_usec = milliseconds % 1000 * 1000 + 1;
  timer.it_interval.tv_usec = 100'000;
  return setitimer(ITIMER_REAL, &timer, nullptr) == 0;
}

std::string read_all(int fd) {
  std::array<char, 4097> text{};
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  return {text.data(), size};
}

// "instance=3,cntlid=1\n", from which the name is nvme3.
void give_back(std::string_view answer) {
  constexpr std::string_view key = "instance=";
  const auto start = answer.find(key);
  if (start == std::string_view::npos) return;
  unsigned instance = 0;
  const auto digits = answer.substr(start + key.size());
  if (std::from_chars(digits.data(), digits.data() + digits.size(), instance).ec != std::errc()) {
    return;
  }
  const std::string file = "/sys/class/nvme/nvme" + std::to_string(instance) + "/delete_controller";
  const Fd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  while (fd && write(fd.get(), "1", 1) < 0 && errno == EINTR) {
  }
}

int connect(const std::string& options) {
  const Fd device(open("/dev/nvme-fabrics", O_RDWR | O_CLOEXEC));
  if (!device) return say_errno(not_asked, errno);
  if (late) return say_errno(refused, ETIMEDOUT);
  if (write(device.get(), options.data(), options.size()) < 0) {
    const int errnum = errno;
    return say_errno(refused, late ? ETIMEDOUT : errnum);
  }
  const std::string answer = read_all(device.get());
  if (!late && write(STDOUT_FILENO, answer.data(), answer.size()) > 0) return connected;
  give_back(answer);
  return late ? say_errno(refused, ETIMEDOUT) : not_asked;
}

// The kernel's mutex is waited for here too.
int list_options() {
  const Fd device(open("/dev/nvme-fabrics", O_RDWR | O_CLOEXEC));
  if (!device) return say_errno(not_asked, errno);
  const std::string options = read_all(device.get());
  return write(STDOUT_FILENO, options.data(), options.size()) > 0 ? connected : not_asked;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) return list_options();
  long milliseconds = 0;
  const char* const end = argc == 2 ? argv[1] + std::strlen(argv[1]) : nullptr;
  if (argc != 2 || std::from_chars(argv[1], end, milliseconds).ptr != end || milliseconds <= 0) {
    std::fputs("usage: nvmeofs-connect [MILLISECONDS < OPTIONS]\n", stderr);
    return not_asked;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const std::string options = read_all(STDIN_FILENO);
  if (!set_alarm(milliseconds)) return say_errno(not_asked, errno);
  return connect(options);
}
