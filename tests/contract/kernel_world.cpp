// The suite's world on the running kernel, in a guest of scripts/vm that scripts/vm-fabric has made
// ready, as root:
//
//   scripts/vm run KERNEL -- bash -c 'scripts/vm-fabric &&
//   build/release/tests/contract/contract_kernel'
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/nvme_ioctl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "nvmet/nvmet_backend.h"
#include "world.h"

namespace nvmeofs::contract {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void give_up(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class Socket : public Listener {
 public:
  Socket(const std::string& traddr, std::uint16_t trsvcid)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(trsvcid);
    inet_pton(AF_INET, traddr.c_str(), &address.sin_addr);
    if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(socket_.get(), 1) != 0) {
      give_up("listen on " + traddr);
    }
  }

 private:
  Descriptor socket_;
};

std::string first_line_of(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The host's controllers of a subsystem, as folders in sysfs.
std::vector<fs::path> controllers_of(const std::string& subsystem) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/sys/class/nvme", none)) {
    if (first_line_of(entry.path() / "subsysnqn") == subsystem) found.push_back(entry.path());
  }
  return found;
}

// Whether the controller answers a command; one that lost its connection fails it at once.
bool answers(const fs::path& controller) {
  const Descriptor device(open(("/dev" / controller.filename()).c_str(), O_RDONLY | O_CLOEXEC));
  alignas(4096) std::array<char, 4096> data{};
  nvme_admin_cmd identify{};
  identify.opcode = 0x06;
  identify.addr = reinterpret_cast<std::uintptr_t>(data.data());
  identify.data_len = data.size();
  identify.cdw10 = 1;  // the controller
  return device.get() >= 0 && ioctl(device.get(), NVME_IOCTL_ADMIN_CMD, &identify) == 0;
}

// Takes a controller out. Refused with EBUSY as long as it was never live, hence the trying.
void remove_controller(const fs::path& controller) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (fs::exists(controller)) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(controller.string() + " does not go");
    }
    std::ofstream(controller / "delete_controller") << "1" << std::flush;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

int kernel_major() {
  utsname names{};
  uname(&names);
  return std::atoi(names.release);
}

bool takes_direct_io(const std::string& path) {
  return Descriptor(open(path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC)).get() >= 0;
}

bool has_tsas(const std::string& root) {
  const fs::path port = root + "/ports/1";
  if (mkdir(port.c_str(), 0755) != 0) give_up("mkdir " + port.string());
  const bool has = fs::exists(port / "addr_tsas");
  fs::remove(port);
  return has;
}

// The drive that the guest has; its driver is loaded by nobody else.
class Drive {
 public:
  Drive() {
    must("modprobe nvme");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!fs::exists(controller() + "n1")) {
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error("the guest has no NVMe drive; scripts/vm has an option for it");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  ~Drive() { must("modprobe -r nvme"); }
  Drive(const Drive&) = delete;
  Drive& operator=(const Drive&) = delete;

  // Empty while it has not come.
  static std::string controller() {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator("/sys/class/nvme", none))
      if (first_line_of(entry.path() / "transport") == "pcie")
        return "/dev" / entry.path().filename();
    return "";
  }

 private:
  static void must(const std::string& command) {
    if (std::system(command.c_str()) != 0) std::cerr << command << " failed\n";
  }
};

// What the fabric lacks: a read-only disk, a file on a file system with direct I/O and one on
// tmpfs. Made once for all tests of the program, and taken back at its end.
class Scratch {
 public:
  static constexpr const char* read_only_device = "/dev/ram2";
  static constexpr const char* file_system_device = "/dev/ram3";

  Scratch() {
    std::string folder = "/run/contract.XXXXXX";  // /run is a tmpfs
    if (mkdtemp(folder.data()) == nullptr) give_up("mkdtemp " + folder);
    folder_ = folder;
    fs::create_symlink("/dev/nullb0", device_alias());
    make_file(tmpfs_file());
    set_read_only(true);

    const std::string make = std::string("mke2fs -q -F -t ext4 ") + file_system_device;
    if (std::system(make.c_str()) != 0) throw std::runtime_error(make + " failed");
    fs::create_directory(folder_ / "ext4");
    if (mount(file_system_device, (folder_ / "ext4").c_str(), "ext4", 0, nullptr) != 0) {
      give_up("mount " + std::string(file_system_device));
    }
    make_file(file());
  }
  ~Scratch() {
    umount((folder_ / "ext4").c_str());
    set_read_only(false);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string device_alias() const { return folder_ / "null-0"; }
  std::string tmpfs_file() const { return folder_ / "disk.img"; }
  std::string file() const { return folder_ / "ext4/disk.img"; }
  std::string drive() const { return node_; }

 private:
  static void make_file(const std::string& path) {
    const Descriptor made(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    if (made.get() < 0 || ftruncate(made.get(), 16 << 20) != 0) give_up("make " + path);
  }
  static void set_read_only(bool on) {
    const Descriptor device(open(read_only_device, O_RDONLY | O_CLOEXEC));
    const int value = on ? 1 : 0;
    if (ioctl(device.get(), BLKROSET, &value) != 0 && on) {
      give_up("make " + std::string(read_only_device) + " read-only");
    }
  }

  Drive drive_;
  const std::string node_ = Drive::controller();
  fs::path folder_;
};

// Whether there is a port of these names ("nn-0x…:pn-0x…"), which nvme-fcloop makes where the
// kernel has it. It stays in the guest: taking one away can end 6.12, whose nvme-fcloop keeps it in
// a list.
bool has_fc_port(const std::string& traddr) {
  static const bool there = [&] {
    if (std::system("modprobe -q nvme-fcloop") != 0) return false;
    std::ofstream("/sys/class/fcloop/ctl/add_target_port")
        << "wwnn=" + traddr.substr(3, 18) + ",wwpn=" + traddr.substr(25) << std::flush;
    return true;
  }();
  return there;
}

class KernelWorld : public World {
 public:
  KernelWorld(std::unique_ptr<NvmetBackend> backend, const Scratch& scratch)
      : backend_(std::move(backend)) {
    device = "/dev/nullb0";
    other_device = "/dev/nullb1";
    device_alias = scratch.device_alias();
    read_only_device = Scratch::read_only_device;
    character_device = "/dev/null";
    directory = "/dev";
    missing_device = "/dev/missing";
    file = scratch.file();
    drive = scratch.drive();
    disk_of_drive = drive + "n1";
    tmpfs_file = scratch.tmpfs_file();
    traddr = "192.168.1.32";
    other_traddr = "192.168.1.33";
    traddr_without_rdma = "192.168.2.32";
    traddr_elsewhere = "192.168.7.7";
    facts = {.second_nsid_mkdir = kernel_major() >= 7 ? ENOMEM : 0,
             .tmpfs_takes_direct_io = takes_direct_io(tmpfs_file),
             .has_tsas = has_tsas(backend_->root()),
             .has_loop = backend_->need_transport(Trtype::loop).has_value(),
             .has_fc = backend_->need_transport(Trtype::fc).has_value(),
             .has_fc_port = has_fc_port(fc_port),
             .has_passthru = !backend_->attributes().passthru.empty(),
             .passthru_beside_disabled = kernel_major() >= 7 ? EINVAL : 0};
  }

  Backend& backend() override { return *backend_; }

  std::unique_ptr<Listener> occupy(const std::string& where, std::uint16_t trsvcid) override {
    return std::make_unique<Socket>(where, trsvcid);
  }

  // Of a host NQN that ends in a UUID, which is the host's id too: kernels want both, as a pair.
  int connect(const std::string& host_nqn, const std::string& subsystem,
              const TransportAddress& address) override {
    const std::string options =
        fmt::format("transport={},traddr={},trsvcid={},nqn={},hostnqn={},hostid={}",
                    to_string(address.trtype), address.traddr, address.trsvcid, subsystem, host_nqn,
                    host_nqn.substr(host_nqn.rfind(':') + 1));
    const Descriptor fabrics(open("/dev/nvme-fabrics", O_RDWR | O_CLOEXEC));
    if (fabrics.get() < 0) return errno;
    if (write(fabrics.get(), options.data(), options.size()) < 0) return errno;
    connected_.push_back(subsystem);
    return 0;
  }

  bool is_connected(const std::string& subsystem) override {
    for (const fs::path& controller : controllers_of(subsystem)) {
      if (first_line_of(controller / "state") == "live" && answers(controller)) return true;
    }
    return false;
  }

  void disconnect() override {
    for (const std::string& subsystem : std::exchange(connected_, {})) {
      for (const fs::path& controller : controllers_of(subsystem)) remove_controller(controller);
    }
  }

 private:
  std::unique_ptr<NvmetBackend> backend_;
  std::vector<std::string> connected_;
};

}  // namespace

std::unique_ptr<World> make_world() {
  static const Scratch scratch;
  auto backend = NvmetBackend::open();
  if (!backend) throw std::runtime_error(backend.error().message);
  return std::make_unique<KernelWorld>(std::move(*backend), scratch);
}

}  // namespace nvmeofs::contract
