// Asking librdmacm.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "child.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

// Where this program's own nvmeofs-rdma-bind is: beside it, as in a build folder, or where it is
// installed. Nowhere else is looked.
std::string rdma_bind_program();

// What librdmacm says, through the program nvmeofs-rdma-bind, which lives for a question: the
// library keeps every RDMA device open as long as its process lives, and `rdma link delete` waits
// for that. Any thread. Waits for the program no longer than the limit and a second; one that does
// not even end by SIGKILL is left, and as long as it is there nobody else is asked.
//
// Errors: the program cannot be started, or says what it may not (EIO); it does not answer in time
// (ETIMEDOUT); librdmacm could not ask the kernel (its errno).
class RdmaBind {
 public:
  explicit RdmaBind(std::string program, std::chrono::milliseconds limit = std::chrono::seconds(5));

  // Whether an RDMA device answers for this address of this machine: rdma_bind_addr, as the
  // kernel's target does it, but to service 0, and given up at once. False too for a device that
  // librdmacm has no driver for. The module rdma_ucm is there already.
  Result<bool> answers_for(const sockaddr_storage& address);

  // Whether anybody listens for RDMA connections there: one is asked for that no NVMe target takes,
  // as nothing of NVMe is in it. 0: somebody does, or librdmacm cannot tell (it has no driver for
  // the device, rdma_ucm is not loaded). Else an errno: ECONNREFUSED nobody, ETIMEDOUT no answer
  // within the limit, EHOSTUNREACH … The address, and the one to come from (empty: any), are
  // numeric.
  int try_connect(const std::string& traddr, std::uint16_t trsvcid, const std::string& host_traddr,
                  std::chrono::milliseconds limit);

  // The RDMA devices that librdmacm has a driver for, by name.
  Result<std::vector<std::string>> devices();

 private:
  Result<ChildEnd> ask(const std::vector<std::string>& arguments, std::chrono::milliseconds limit);
  tl::unexpected<Error> not_answered(const ChildEnd& end) const;
  bool waits_for_a_lost_one();

  const std::string program_;
  const std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::vector<Child> lost_;  // those that SIGKILL has not ended yet
};

}  // namespace nvmeofs
