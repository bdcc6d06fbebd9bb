// The kernel's side of FUSE, by hand: sends requests as <linux/fuse.h> has them, and keeps what
// comes back.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fuse.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "fs/filesystem.h"
#include "fs/invalidation.h"
#include "fs/session.h"
#include "sim/kernel.h"
#include "sim/sim_backend.h"
#include "sim/sim_initiator.h"
#include "sim/sim_probe.h"
#include "sim/sim_sessions.h"
#include "sim/sim_watch.h"
#include "store/no_store.h"
#include "unit/faulty_backend.h"

namespace nvmeofs {

struct Answer {
  int error = 0;  // positive errno
  std::string body;

  // The body as one of the kernel's structures; zeroes where it is too short.
  template <class T>
  T as() const {
    T value{};
    std::memcpy(&value, body.data(), std::min(sizeof value, body.size()));
    return value;
  }
};

template <class T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

class FakeKernel {
 public:
  explicit FakeKernel(Fd socket);
  ~FakeKernel();

  // Sends and does not wait; the number of the request.
  std::uint64_t send(fuse_opcode opcode, std::uint64_t node, std::string_view body);
  // Waits for the answer, with a bound; a failure of the test when there is none.
  Answer receive(std::uint64_t request);
  Answer call(fuse_opcode opcode, std::uint64_t node, std::string_view body = "") {
    return receive(send(opcode, node, body));
  }
  bool answered(std::uint64_t request) const;
  // Answers to nothing that was asked, or a second time.
  std::size_t surplus() const;
  // Kinds of the notifications that came.
  std::vector<int> notifications() const;
  void hang_up();

 private:
  void listen();

  Fd socket_;
  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::optional<Answer>> requests_;
  std::size_t surplus_ = 0;
  std::vector<int> notifications_;
  std::thread thread_;
};

// The whole program but for main and the mount, over the simulated kernel, greeted and ready.
class ProtocolTest : public ::testing::Test {
 protected:
  ProtocolTest();
  ~ProtocolTest() override;

  std::uint64_t lookup(std::uint64_t parent, const std::string& name);  // 0: an error
  Answer open(std::uint64_t node, int flags);
  Answer read(std::uint64_t node, std::uint64_t handle, std::uint64_t offset, std::uint32_t size);
  std::uint64_t send_write(std::uint64_t node, std::uint64_t handle, std::string_view value,
                           std::uint64_t offset = 0);
  Answer write(std::uint64_t node, std::uint64_t handle, std::string_view value,
               std::uint64_t offset = 0) {
    return kernel_->receive(send_write(node, handle, value, offset));
  }
  Answer mkdir(std::uint64_t parent, const std::string& name);
  Answer rmdir(std::uint64_t parent, const std::string& name);
  Answer getattr(std::uint64_t node);

  // One open, one write, one release: the errno.
  int store(std::uint64_t node, std::string_view value, int flags = 0);
  // As a new open has it.
  std::string text(std::uint64_t node);
  // A file of the export, which is made when there is none of that name.
  std::uint64_t file(const std::string& name, const std::string& of = "toto");
  // With a device and an address.
  void complete(const std::string& of = "toto");

  void stop();

  SimKernel sim_{SimMachine::example()};
  SimBackend sim_backend_{sim_};
  FaultyBackend backend_{sim_backend_};
  SimDevices devices_{sim_};
  SimAddresses addresses_{sim_};
  SimSessions sessions_{sim_};
  SimWatch watch_{sim_};
  NoStore store_;
  std::unique_ptr<Engine> engine_;
  SimInitiator initiator_;
  NoConnectionStore no_connections_;
  std::unique_ptr<Connections> connections_;
  NoDiscoveryStore no_discoveries_;
  std::unique_ptr<Discoveries> discoveries_;
  std::unique_ptr<Filesystem> filesystem_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Invalidation> invalidation_;
  std::unique_ptr<FakeKernel> kernel_;
  fuse_init_out greeting_{};
};

}  // namespace nvmeofs
