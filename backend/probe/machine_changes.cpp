#include "machine_changes.h"

#include <spdlog/spdlog.h>

#include <array>
#include <string_view>

#include "rdma_devices.h"

namespace nvmeofs {
namespace {

template <class Source>
std::optional<Source> opened(Result<Source> source, std::string_view what) {
  if (source) return std::move(*source);
  spdlog::warn("changes of {} are not noticed: {}", what, source.error().message);
  return std::nullopt;
}

// What a source says of what it told; it is given up when it cannot be read, as it would be
// readable for ever.
template <class Source>
bool take(std::optional<Source>& source, std::string_view what) {
  if (!source) return false;
  const auto taken = source->take();
  if (taken) return *taken;
  spdlog::warn("changes of {} are noticed no more: {}", what, taken.error().message);
  source.reset();
  return false;
}

constexpr std::string_view disks = "disks, RDMA devices and FC ports";
constexpr std::string_view addresses = "network addresses";

}  // namespace

MachineChanges::MachineChanges()
    : devices_(
          opened(UdevEvents::open({"block", "nvme", "infiniband", "fc_host", "fcloop"}), disks)),
      addresses_(opened(AddressEvents::open(), addresses)),
      mounts_(opened(MountEvents::open(), "mounts")),
      paths_(opened(PathEvents::open(), "files")) {
  epoll_.add(nudge_.get());
  epoll_.add(rdma_.fd());
  if (devices_) epoll_.add(devices_->fd());
  if (addresses_) epoll_.add(addresses_->fd());
  if (paths_) {
    epoll_.add(paths_->fd());
    epoll_.add(paths_->alarm_fd());
  }
  if (mounts_) {
    epoll_.add(mounts_->fd(), EPOLLIN | EPOLLET);
    take_mounts();  // it is ready once at the start
  }
}

// Whether mounts were among what is ready, and not any more.
bool MachineChanges::take_mounts() {
  std::array<epoll_event, 8> ready{};
  const int count = epoll_wait(epoll_.fd(), ready.data(), ready.size(), 0);
  bool mounts = false;
  for (int at = 0; at < count; ++at) {
    mounts = mounts || (mounts_ && ready[static_cast<std::size_t>(at)].data.fd == mounts_->fd());
  }
  return mounts;
}

// The connection manager knows an address when the RDMA core has put it into the table of the
// device's GIDs. The core does that in a work queue that it is told to by the same chain of
// notifications as netlink, which is first (__inet_insert_ifa() calls rtmsg_ifa() and then
// inetaddr_chain), and tells nobody when it has. So there are four looks more, each after three
// times as long: of 12 addresses that were added to rxe, one came 1.4 s after it was told (7.2, on
// a busy emulated machine), the others before the first look.
void MachineChanges::expect_rdma() {
  rdma_delay_ = std::chrono::milliseconds(200);
  rdma_.ring_in(rdma_delay_);
}

void MachineChanges::clear() {
  nudge_.clear();
  const bool mounts = take_mounts();
  if (rdma_.take() && rdma_delay_ < std::chrono::seconds(5)) {
    rdma_delay_ *= 3;
    rdma_.ring_in(rdma_delay_);
  }
  const bool devices = take(devices_, disks);
  const bool came = take(addresses_, addresses);
  if (devices || (came && has_rdma_device())) expect_rdma();
  if (paths_) paths_->take(mounts);
}

void MachineChanges::follow(const std::set<std::string>& paths) {
  if (paths_ && paths_->follow(paths)) nudge_.signal();
}

}  // namespace nvmeofs
