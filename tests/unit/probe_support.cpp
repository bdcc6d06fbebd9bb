#include "probe_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/blkpg.h>
#include <linux/loop.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace nvmeofs::test {
namespace {

// The test fails with the sentence: GoogleTest takes an exception for a failure.
int checked(int result, const std::string& what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

constexpr std::uint64_t mebi = 1024 * 1024;

}  // namespace

void run(const std::string& command) {
  FILE* pipe = popen(("exec 2>&1; " + command).c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error(command + ": popen");
  std::string said;
  std::array<char, 512> piece{};
  while (fgets(piece.data(), piece.size(), pipe) != nullptr) said += piece.data();
  if (pclose(pipe) != 0) throw std::runtime_error(command + " failed:\n" + said);
}

DevicePath device_path(const std::string& text) {
  auto parsed = DevicePath::parse(text);
  if (!parsed) throw std::runtime_error(text + ": " + parsed.error().message);
  return *parsed;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

dev_t number_of(const std::string& node) {
  struct stat status {};
  checked(stat(node.c_str(), &status), node);
  return status.st_rdev;
}

PrivateNamespace::PrivateNamespace(int kind)
    : kind_(kind),
      before_(open(kind == CLONE_NEWNET ? "/proc/self/ns/net" : "/proc/self/ns/mnt",
                   O_RDONLY | O_CLOEXEC)) {
  checked(before_.get(), "the present namespace");
  checked(unshare(kind), "unshare (as root?)");
  if (kind == CLONE_NEWNS) {
    checked(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
  }
}

PrivateNamespace::~PrivateNamespace() {
  // A thread that began in here shares its root and working folder with this one, and setns of a
  // mount namespace refuses with EINVAL while anybody does.
  EXPECT_EQ(unshare(CLONE_FS), 0) << std::strerror(errno);
  EXPECT_EQ(setns(before_.get(), kind_), 0) << std::strerror(errno);
}

TempFolder::TempFolder() {
  std::string name = std::filesystem::temp_directory_path().string() + "/nvmeofs-probe-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) checked(-1, name);
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  EXPECT_FALSE(error) << path_ << ": " << error.message();
}

std::string TempFolder::operator/(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

std::string TempFolder::file(std::string_view name, unsigned mebibytes) const {
  const std::string path = *this / name;
  const Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  checked(file.get(), path);
  checked(ftruncate(file.get(), static_cast<off_t>(mebibytes * mebi)), path);
  return path;
}

LoopDisk::LoopDisk(const std::string& backing, bool read_only) {
  const Fd file(open(backing.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC));
  checked(file.get(), backing);
  const Fd control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  checked(control.get(), "/dev/loop-control");
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(file.get());
  config.info.lo_flags = LO_FLAGS_PARTSCAN;
  if (read_only) config.info.lo_flags |= LO_FLAGS_READ_ONLY;
  // Another program may take the free number in between.
  for (int attempt = 0; node_.empty() && attempt < 100; ++attempt) {
    const int number = checked(ioctl(control.get(), LOOP_CTL_GET_FREE), "a free loop device");
    const std::string node = "/dev/loop" + std::to_string(number);
    const Fd loop(open(node.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC));
    if (!loop) continue;
    if (ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0) node_ = node;
  }
  if (node_.empty()) throw std::runtime_error("no loop device could be configured");
}

LoopDisk::~LoopDisk() {
  const Fd loop(open(node_.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(ioctl(loop.get(), LOOP_CLR_FD), 0) << node_ << ": " << std::strerror(errno);
}

std::string LoopDisk::add_partition(int number, unsigned start_mebibytes, unsigned mebibytes) {
  const Fd loop(open(node_.c_str(), O_RDONLY | O_CLOEXEC));
  blkpg_partition partition{};
  partition.start = static_cast<long long>(start_mebibytes * mebi);
  partition.length = static_cast<long long>(mebibytes * mebi);
  partition.pno = number;
  blkpg_ioctl_arg argument{BLKPG_ADD_PARTITION, 0, sizeof partition, &partition};
  checked(ioctl(loop.get(), BLKPG, &argument), node_ + ": adding a partition");
  return node_ + "p" + std::to_string(number);
}

MountedAt::MountedAt(const std::string& source, const std::string& target, const std::string& type,
                     unsigned long flags, const std::string& data)
    : target_(target) {
  checked(mount(source.c_str(), target.c_str(), type.c_str(), flags, data.c_str()),
          "mount on " + target);
}

MountedAt::~MountedAt() {
  EXPECT_EQ(umount2(target_.c_str(), 0), 0) << target_ << ": " << std::strerror(errno);
}

DeadMount::DeadMount(const std::string& target)
    : channel_(open("/dev/fuse", O_RDWR | O_CLOEXEC)),
      mount_("nvmet", target, "fuse.nvmeofs", MS_NOSUID,
             "fd=" + std::to_string(channel_.get()) + ",rootmode=40000,user_id=0,group_id=0") {}

SwapOn::SwapOn(std::string path) : path_(std::move(path)) {
  run("mkswap " + path_);
  checked(swapon(path_.c_str(), 0), "swapon " + path_);
}

SwapOn::~SwapOn() {
  EXPECT_EQ(swapoff(path_.c_str()), 0) << path_ << ": " << std::strerror(errno);
}

OtherProcess::OtherProcess(const std::function<bool()>& act) {
  std::array<int, 2> hold{};
  std::array<int, 2> ready{};
  checked(pipe2(hold.data(), O_CLOEXEC), "pipe");
  checked(pipe2(ready.data(), O_CLOEXEC), "pipe");
  pid_ = checked(fork(), "fork");
  if (pid_ == 0) {
    close(hold[1]);
    char byte = act() ? 'y' : 'n';
    if (write(ready[1], &byte, 1) == 1) {
      // Ends when the parent closes its end, however the parent ends.
      while (read(hold[0], &byte, 1) > 0) {
      }
    }
    _exit(0);
  }
  const Fd child_hold(hold[0]);
  hold_ = Fd(hold[1]);
  const Fd answer(ready[0]);
  close(ready[1]);
  char byte = 'n';
  if (read(answer.get(), &byte, 1) != 1 || byte != 'y') {
    ADD_FAILURE() << "the other process could not do its part";
  }
}

OtherProcess::~OtherProcess() {
  hold_ = Fd();
  waitpid(pid_, nullptr, 0);
}

bool becomes_readable(int fd, std::chrono::milliseconds limit) {
  pollfd wait{fd, POLLIN, 0};
  return checked(poll(&wait, 1, static_cast<int>(limit.count())), "poll") == 1;
}

bool is_readable(int fd) {
  return becomes_readable(fd, std::chrono::milliseconds(0));
}

void write_at(const std::string& path, off_t offset, std::string_view bytes) {
  const Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  checked(file.get(), path);
  if (pwrite(file.get(), bytes.data(), bytes.size(), offset) !=
          static_cast<ssize_t>(bytes.size()) ||
      fsync(file.get()) != 0) {
    checked(-1, path);
  }
}

}  // namespace nvmeofs::test
