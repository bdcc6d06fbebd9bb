#include "fs/session.h"

#include <fuse_lowlevel.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include "fs/log.h"
#include "fs/mountpoint.h"
#include "fs/operations.h"

namespace nvmeofs {
namespace {

// Changes wait in the engine and not here, so these only ever parse and print.
constexpr unsigned most_threads = 10;

// Only there to interrupt the loop's wait: libfuse 3.14's fuse_session_exit() does not wake it.
constexpr int wake_signal = SIGUSR1;

void ignore(int) {}

ssize_t socket_read(int fd, void* buffer, std::size_t size, void*) {
  return ::recv(fd, buffer, size, 0);
}

ssize_t socket_writev(int fd, iovec* parts, int count, void*) {
  return ::writev(fd, parts, count);
}

class Arguments {
 public:
  Arguments() { add("nvmeofs"); }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;
  ~Arguments() { fuse_opt_free_args(&args_); }

  void add(const std::string& word) {
    if (fuse_opt_add_arg(&args_, word.c_str()) != 0) throw std::bad_alloc();
  }
  void option(const std::string& option) {
    add("-o");
    add(option);
  }
  fuse_args* get() { return &args_; }

 private:
  fuse_args args_ = FUSE_ARGS_INIT(0, nullptr);
};

}  // namespace

Session::Session(fuse_session* session) : session_(session) {}

Result<std::unique_ptr<Session>> Session::open(Filesystem& filesystem,
                                               const SessionOptions& options) {
  Arguments arguments;
  arguments.option("fsname=" + options.source);
  arguments.option("subtype=nvmeofs");
  // Always: without it nobody checks permissions, and every user writes root's files.
  arguments.option("default_permissions");
  if (options.allow_other) arguments.option("allow_other");
  if (options.read_only) arguments.option("ro");
  fuse_session* const session =
      fuse_session_new(arguments.get(), &operations(), sizeof(fuse_lowlevel_ops), &filesystem);
  if (session == nullptr)
    return refuse(EINVAL, Reason::mount_failed, "libfuse did not start: {}", last_fuse_message());
  return std::unique_ptr<Session>(new Session(session));
}

Session::~Session() {
  stop();
  if (mounted_ && may_unmount()) fuse_session_unmount(session_);
  fuse_session_destroy(session_);
}

// libfuse unmounts whatever is on the path, unless the session has ended: by then that may be
// somebody else's mount.
bool Session::may_unmount() const {
  pollfd session{fuse_session_fd(session_), 0, 0};
  const bool ended = ::poll(&session, 1, 0) == 1 && (session.revents & POLLERR) != 0;
  return ended || mounted_device(mountpoint_) == device_;
}

Result<void> Session::mount(const std::string& mountpoint) {
  if (fuse_session_mount(session_, mountpoint.c_str()) != 0) {
    return refuse(EIO, Reason::mount_failed, "cannot mount on {}: {}", mountpoint,
                  last_fuse_message());
  }
  mounted_ = true;
  mountpoint_ = mountpoint;
  device_ = mounted_device(mountpoint);
  return {};
}

Result<void> Session::connect(Fd socket) {
  fuse_custom_io io{};
  io.read = socket_read;
  io.writev = socket_writev;
  if (const int error = fuse_session_custom_io(session_, &io, socket.get()); error != 0)
    return refuse(-error, Reason::mount_failed, "cannot serve this socket");
  socket.release();  // the session closes it
  return {};
}

void Session::start() {
  loop_ = std::thread([this] { run(); });
}

void Session::run() {
  struct sigaction action {};
  action.sa_handler = ignore;  // without SA_RESTART, so that the wait ends
  ::sigaction(wake_signal, &action, nullptr);
  sigset_t wake;
  sigemptyset(&wake);
  sigaddset(&wake, wake_signal);
  ::pthread_sigmask(SIG_UNBLOCK, &wake, nullptr);

  fuse_loop_config* const config = fuse_loop_cfg_create();
  fuse_loop_cfg_set_max_threads(config, most_threads);
  const int result = fuse_session_loop_mt(session_, config);
  fuse_loop_cfg_destroy(config);
  if (result < 0) spdlog::error("the conversation with the kernel broke: {}", strerror(-result));
  ended_.signal();
}

void Session::stop() {
  if (!loop_.joinable()) return;
  fuse_session_exit(session_);
  pollfd ended{ended_.get(), POLLIN, 0};
  // Again and again: a signal between the loop's look at the flag and its wait is lost.
  do {
    ::pthread_kill(loop_.native_handle(), wake_signal);
  } while (::poll(&ended, 1, 10) == 0);
  loop_.join();
}

}  // namespace nvmeofs
