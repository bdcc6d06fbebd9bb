#include "rdma_bind.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <rdma/rdma_user_cm.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "kernel_modules.h"
#include "nvmeofs/fd.h"

namespace nvmeofs {
namespace {

constexpr const char* connection_manager = "/dev/infiniband/rdma_cm";

template <class Body>
struct Command {
  rdma_ucm_cmd_hdr header;
  Body body;
};

// 0, or the errno that the kernel answered with.
template <class Body>
int send(int fd, std::uint32_t code, const Body& body, std::uint16_t answer_size = 0) {
  const Command<Body> command{{code, sizeof body, answer_size}, body};
  return write(fd, &command, sizeof command) == static_cast<ssize_t>(sizeof command) ? 0 : errno;
}

tl::unexpected<Error> cannot_ask(int errnum) {
  return refuse(errnum, Reason::kernel_refused,
                "the RDMA connection manager ({}) cannot be asked: {}", connection_manager,
                std::strerror(errnum));
}

}  // namespace

// The kernel's interface itself and not librdmacm: that opens each RDMA device it finds and keeps
// it open as long as the process lives, and until then `rdma link delete`, or the removal of the
// adapter, waits (ib_uverbs_remove_one; seen with rxe on 6.1). It also finds nothing where no
// provider library for the adapter is installed, which the kernel's target does not need.
Result<bool> rdma_answers_for(const sockaddr_storage& address) {
  if (auto loaded = load_module("rdma_ucm"); !loaded) return tl::unexpected<Error>(loaded.error());
  const Fd manager(open(connection_manager, O_RDWR | O_CLOEXEC));
  if (!manager) return cannot_ask(errno);

  rdma_ucm_create_id_resp made{};
  rdma_ucm_create_id create{};
  create.response = reinterpret_cast<std::uintptr_t>(&made);
  create.ps = RDMA_PS_TCP;
  if (const int error = send(manager.get(), RDMA_USER_CM_CMD_CREATE_ID, create, sizeof made)) {
    return cannot_ask(error);
  }
  rdma_ucm_bind bind{};
  bind.id = made.id;
  bind.addr_size = address.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  std::memcpy(&bind.addr, &address, sizeof bind.addr);
  // Closing the descriptor destroys the id.
  switch (const int error = send(manager.get(), RDMA_USER_CM_CMD_BIND, bind)) {
    case 0:
      return true;
    case ENODEV:
    case EADDRNOTAVAIL:  // of an address that is local: its interface has no device either
      return false;
    default:
      return cannot_ask(error);
  }
}

}  // namespace nvmeofs
