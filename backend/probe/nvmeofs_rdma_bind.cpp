// nvmeofs-rdma-bind: what librdmacm says, for nvmeofs, in a process that ends.
//
//   nvmeofs-rdma-bind ADDRESS   binds the numeric ADDRESS (IPv6 with %zone) to service 0
//   nvmeofs-rdma-bind           the RDMA devices that librdmacm has a driver for, one a line
//
//   exit 0   stdout has the device that the address was bound on; "-": a wildcard, bound on none
//   exit 1   rdma_bind_addr refused; stdout has the errno, a number
//   exit 2   it did not come to that; stdout has the errno, a number
//
// librdmacm opens each RDMA device that it finds and keeps it open as long as the process lives,
// and until then `rdma link delete`, or the removal of the adapter, waits in ib_uverbs_remove_one,
// in a state that no signal ends (seen with rxe on 6.1, 6.12 and 7.2). So it may not live in the
// daemon.
#include <infiniband/verbs.h>
#include <netdb.h>
#include <rdma/rdma_cma.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

namespace {

constexpr int bound = 0;
constexpr int refused = 1;
constexpr int not_asked = 2;

// Whoever started it waits for less; without it, it need not be there any more.
constexpr unsigned longest_life = 30;

int say_errno(int status) {
  std::printf("%d\n", errno);
  return status;
}

int list_devices() {
  int count = 0;
  ibv_device** const devices = ibv_get_device_list(&count);
  if (devices == nullptr) return say_errno(not_asked);
  for (int index = 0; index < count; ++index) {
    std::printf("%s\n", ibv_get_device_name(devices[index]));
  }
  return bound;
}

int bind(const char* text) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* address = nullptr;
  if (getaddrinfo(text, nullptr, &hints, &address) != 0) {
    errno = EINVAL;
    return say_errno(not_asked);
  }
  rdma_event_channel* const channel = rdma_create_event_channel();
  if (channel == nullptr) return say_errno(not_asked);
  rdma_cm_id* id = nullptr;
  if (rdma_create_id(channel, &id, nullptr, RDMA_PS_TCP) != 0) return say_errno(not_asked);
  if (rdma_bind_addr(id, address->ai_addr) != 0) return say_errno(refused);
  std::printf("%s\n", id->verbs == nullptr ? "-" : ibv_get_device_name(id->verbs->device));
  return bound;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
    std::fputs("usage: nvmeofs-rdma-bind [ADDRESS]\n", stderr);
    return not_asked;
  }
  alarm(longest_life);
  const int status = argc == 2 ? bind(argv[1]) : list_devices();
  // The kernel takes back the id, the channel and the devices; nothing else need be given up.
  if (std::fflush(stdout) != 0) _exit(not_asked);
  _exit(status);
}
