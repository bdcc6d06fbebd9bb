// The conversation with the kernel: a mount, or for tests one end of a socket pair.
#pragma once

#include <sys/types.h>
#include <atomic>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "fs/filesystem.h"
#include "nvmeofs/event_fd.h"

struct fuse_session;

namespace nvmeofs {

struct SessionOptions {
  std::string source = "nvmet";  // shown by mount and df
  bool allow_other = false;
  bool read_only = false;
};

// One thread owns it. Order at the end: exit the loop while everything that can answer requests
// still runs, or after it has answered all of them; what is unanswered when the session is
// destroyed must not be answered later.
class Session {
 public:
  // The filesystem outlives the session. EINVAL when libfuse takes none of our options.
  static Result<std::unique_ptr<Session>> open(Filesystem& filesystem,
                                               const SessionOptions& options);
  ~Session();  // stop(), unmount
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Mounts on a directory: absolute, without symbolic links. Nothing here may touch the directory
  // from then on, before start() or after: it would wait for ourselves.
  Result<void> mount(const std::string& mountpoint);
  // Instead of mount(): the kernel's side is at the other end of a SOCK_SEQPACKET socket.
  Result<void> connect(Fd socket);

  // Serves requests on threads of its own from now on.
  void start();
  // Ends that; requests that are being answered are finished by their own threads.
  void stop();
  // Becomes readable when the loop has ended: after stop(), or because of an unmount from outside.
  int ended_fd() const { return ended_.get(); }

  // Of our mount; nothing when there is none, or it was gone at once.
  std::optional<dev_t> device() const { return device_; }

  fuse_session* handle() const { return session_; }

 private:
  explicit Session(fuse_session* session);
  void run();
  bool may_unmount() const;

  fuse_session* const session_;
  const EventFd ended_;
  std::thread loop_;
  bool mounted_ = false;
  std::string mountpoint_;
  std::optional<dev_t> device_;
};

}  // namespace nvmeofs
