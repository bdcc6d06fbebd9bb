// nvmeofs-rdma-bind: what librdmacm says, for nvmeofs, in a process that ends.
//
//   nvmeofs-rdma-bind ADDRESS   binds the numeric ADDRESS (IPv6 with %zone) to service 0
//   nvmeofs-rdma-bind           the RDMA devices that librdmacm has a driver for, one a line
//   nvmeofs-rdma-bind connect MILLISECONDS ADDRESS SERVICE [FROM]
//                               asks for a connection that is of no use to anybody
//
//   exit 0   stdout has the device that the address was bound on; "-": a wildcard, bound on none;
//            connect: somebody listens, or this device is not to be asked so
//   exit 1   rdma_bind_addr, or the connection, refused; stdout has the errno, a number
//   exit 2   it did not come to that; stdout has the errno, a number
//
// librdmacm opens each RDMA device that it finds and keeps it open as long as the process lives,
// and until then `rdma link delete`, or the removal of the adapter, waits in ib_uverbs_remove_one,
// in a state that no signal ends (seen with rxe on 6.1, 6.12 and 7.2). So it may not live in the
// daemon.
#include <infiniband/verbs.h>
#include <netdb.h>
#include <poll.h>
#include <rdma/rdma_cma.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using Clock = std::chrono::steady_clock;

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

addrinfo* numeric(const char* host, const char* service) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* address = nullptr;
  return getaddrinfo(host, service, &hints, &address) == 0 ? address : nullptr;
}

// The event that is wanted; else the errno that it is not there for.
int expect(rdma_event_channel* channel, rdma_cm_event_type wanted, Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
  pollfd wait{channel->fd, POLLIN, 0};
  if (left <= 0 || poll(&wait, 1, static_cast<int>(left)) <= 0) return ETIMEDOUT;
  rdma_cm_event* event = nullptr;
  if (rdma_get_cm_event(channel, &event) != 0) return errno;
  if (event->event == wanted) return 0;
  // The kernel's negative errno; of a refusal the reason, of which 8 says that nobody listens
  // (IB_CM_REJ_INVALID_SERVICE_ID), 28 that somebody did not like it.
  constexpr int nobody = 8;
  if (event->event == RDMA_CM_EVENT_REJECTED) return event->status == nobody ? ECONNREFUSED : 0;
  if (event->event == RDMA_CM_EVENT_ESTABLISHED) return 0;
  return event->status < 0 ? -event->status : ETIMEDOUT;
}

int connect(long milliseconds, const char* host, const char* service, const char* from) {
  const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
  const addrinfo* const to = numeric(host, service);
  const addrinfo* const source = from == nullptr ? nullptr : numeric(from, "0");
  errno = EINVAL;
  if (to == nullptr || (from != nullptr && source == nullptr)) return say_errno(not_asked);
  rdma_event_channel* const channel = rdma_create_event_channel();
  rdma_cm_id* id = nullptr;
  if (channel == nullptr || rdma_create_id(channel, &id, nullptr, RDMA_PS_TCP) != 0) {
    return say_errno(not_asked);
  }
  const int limit = static_cast<int>(milliseconds);
  if (rdma_resolve_addr(id, source == nullptr ? nullptr : source->ai_addr, to->ai_addr, limit) != 0)
    return say_errno(refused);
  errno = expect(channel, RDMA_CM_EVENT_ADDR_RESOLVED, end);
  if (errno != 0) return say_errno(refused);
  if (rdma_resolve_route(id, limit) != 0) return say_errno(refused);
  errno = expect(channel, RDMA_CM_EVENT_ROUTE_RESOLVED, end);
  if (errno != 0) return say_errno(refused);
  // An iWARP adapter connects a queue pair, and there is none.
  if (id->verbs == nullptr || id->verbs->device->transport_type != IBV_TRANSPORT_IB) return bound;
  rdma_conn_param parameters{};
  parameters.qp_num = 1;
  parameters.retry_count = 7;
  parameters.rnr_retry_count = 7;
  if (rdma_connect(id, &parameters) != 0) return say_errno(refused);
  errno = expect(channel, RDMA_CM_EVENT_CONNECT_RESPONSE, end);
  return errno == 0 ? bound : say_errno(refused);
}

int answer(int argc, char** argv) {
  if (argc == 1) return list_devices();
  if (argc == 2) return bind(argv[1]);
  return connect(std::atol(argv[2]), argv[3], argv[4], argc == 6 ? argv[5] : nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  const bool connecting =
      (argc == 5 || argc == 6) && std::string_view(argv[1]) == "connect" && std::atol(argv[2]) > 0;
  if (!connecting && (argc > 2 || (argc == 2 && argv[1][0] == '-'))) {
    std::fputs(
        "usage: nvmeofs-rdma-bind [ADDRESS]\n"
        "       nvmeofs-rdma-bind connect MILLISECONDS ADDRESS SERVICE [FROM]\n",
        stderr);
    return not_asked;
  }
  // A connection has a limit of its own, and more to do after it than to say so.
  alarm(connecting ? static_cast<unsigned>(std::atol(argv[2]) / 1000) + longest_life
                   : longest_life);
  const int status = answer(argc, argv);
  // The kernel takes back the id, the channel and the devices; nothing else need be given up.
  if (std::fflush(stdout) != 0) _exit(not_asked);
  _exit(status);
}
