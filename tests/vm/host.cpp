#include "host.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/random.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace nvmeofs::vm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t alignment = 4096;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using Buffer = std::unique_ptr<char, Free>;

Buffer aligned(std::size_t size) {
  return Buffer(static_cast<char*>(std::aligned_alloc(alignment, size)));
}

std::string find_disk(const std::string& subsystem) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/sys/class/nvme-subsystem", ignored)) {
    if (read_text(entry.path() / "subsysnqn") != subsystem) continue;
    for (const auto& below : fs::directory_iterator(entry.path(), ignored)) {
      const std::string node = "/dev/" + below.path().filename().string();
      if (below.path().filename().string().find('n', 1) != std::string::npos &&
          fs::is_block_file(node, ignored))
        return node;
    }
  }
  return "";
}

}  // namespace

std::string connect(const Way& way, const std::string& subsystem, const Host& host) {
  return write_text(
      "/dev/nvme-fabrics",
      fmt::format("transport={},traddr={},trsvcid={},nqn={},hostnqn={},hostid={},"
                  "reconnect_delay=1,ctrl_loss_tmo=60{}",
                  way.trtype, way.traddr, way.trsvcid, subsystem, host.nqn, host.id, way.options));
}

void must_connect(const Way& way, const std::string& subsystem, const Host& host) {
  EXPECT_EQ(connect(way, subsystem, host), "ok") << sh("dmesg | tail -n 5").output;
}

void must_be_turned_away(const Way& way, const std::string& subsystem, const Host& host) {
  const auto times_said = [&] {
    return run(fmt::format("dmesg | grep -c 'connect by host {} for subsystem {} not allowed' || :",
                           host.nqn, subsystem));
  };
  const std::string before = times_said();
  EXPECT_NE(connect(way, subsystem, host), "ok");
  EXPECT_NE(times_said(), before) << sh("dmesg | tail -n 5").output;
}

void keep_host_identity(const Host& host) {
  run(fmt::format("mkdir -p /etc/nvme; echo {} > /etc/nvme/hostnqn; echo {} > /etc/nvme/hostid",
                  host.nqn, host.id));
}

std::string connect_over_loop(const std::string& subsystem) {
  return write_text("/dev/nvme-fabrics", "transport=loop,nqn=" + subsystem + ",hostnqn=" +
                                             first_host.nqn + ",hostid=" + first_host.id);
}

// A disconnect waits for a reconnect that is under way, and one over RDMA to a port that has just
// gone lasts until the connection manager gives up: 78 to 102 s (nvmet-rules.md 6). It was met on
// 6.1 when the port went between the request and its answer.
void disconnect(const std::string& subsystem) {
  const Outcome outcome =
      execute({"nvme", "disconnect", "-n", subsystem}, std::chrono::seconds(150));
  EXPECT_EQ(outcome.status, 0) << outcome.output;
}

std::vector<std::string> controllers(const std::string& subsystem) {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/sys/class/nvme", none))
    if (subsystem.empty() || read_text(entry.path() / "subsysnqn") == subsystem)
      found.push_back(entry.path().filename());
  return found;
}

std::string controller_attribute(const std::string& subsystem, const std::string& name) {
  const auto found = controllers(subsystem);
  if (found.size() != 1) return "";
  return read_text("/sys/class/nvme/" + found.front() + "/" + name);
}

std::string disk_of(const std::string& subsystem) {
  std::string disk;
  EXPECT_TRUE(eventually([&] { return !(disk = find_disk(subsystem)).empty(); }))
      << "no disk of " << subsystem << " on the host";
  return disk;
}

std::string disk_attribute(const std::string& disk, const std::string& name) {
  // Not through /sys/block, whose link comes after the node in /dev (block/genhd.c,
  // add_disk_fwnode).
  return read_text("/sys/class/block/" + fs::path(disk).filename().string() + "/" + name);
}

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::getrandom(bytes.data() + done, size - done, 0);
    if (got > 0) done += static_cast<std::size_t>(got);
  }
  return bytes;
}

void write_direct(const std::string& disk, const std::string& bytes, off_t offset) {
  const int fd = ::open(disk.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC);
  ASSERT_GE(fd, 0) << disk << ": " << std::strerror(errno);
  const Buffer buffer = aligned(bytes.size());
  std::memcpy(buffer.get(), bytes.data(), bytes.size());
  EXPECT_EQ(::pwrite(fd, buffer.get(), bytes.size(), offset), static_cast<ssize_t>(bytes.size()))
      << disk << ": " << std::strerror(errno);
  ::close(fd);
}

std::string read_direct(const std::string& disk, std::size_t size, off_t offset) {
  const int fd = ::open(disk.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  EXPECT_GE(fd, 0) << disk << ": " << std::strerror(errno);
  const Buffer buffer = aligned(size);
  const ssize_t got = ::pread(fd, buffer.get(), size, offset);
  EXPECT_EQ(got, static_cast<ssize_t>(size)) << disk << ": " << std::strerror(errno);
  ::close(fd);
  return got > 0 ? std::string(buffer.get(), static_cast<std::size_t>(got)) : "";
}

void check_data(const std::string& disk, const std::string& backing) {
  constexpr std::size_t size = std::size_t{1} << 20;
  const std::string bytes = random_bytes(size);
  write_direct(disk, bytes);
  EXPECT_TRUE(read_direct(backing, size) == bytes) << backing << " holds something else";
  EXPECT_TRUE(read_direct(disk, size) == bytes) << disk << " holds something else";
}

}  // namespace nvmeofs::vm
