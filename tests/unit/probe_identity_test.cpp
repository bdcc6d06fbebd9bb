// What a path leads to.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fuse.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "probe/device_probe.h"
#include "probe_support.h"

namespace nvmeofs::test {
namespace {

using std::filesystem::create_directory;
using std::filesystem::create_hard_link;
using std::filesystem::create_symlink;

// A DeadMount that says of every name in it that it is a regular file.
class LiveMount {
 public:
  explicit LiveMount(const std::string& target)
      : mount_(std::in_place, target),
        channel_(fcntl(mount_->channel(), F_DUPFD_CLOEXEC, 0)),
        server_([this] { serve(channel_.get()); }) {}
  ~LiveMount() {
    // Unmounting ends the server's read.
    mount_.reset();
    server_.join();
  }

 private:
  static fuse_attr attributes(std::uint64_t inode) {
    fuse_attr attr{};
    attr.ino = inode;
    attr.mode = inode == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644;
    attr.nlink = 1;
    return attr;
  }

  template <class Body>
  static void answer(int fd, std::uint64_t unique, const Body& body) {
    std::array<char, sizeof(fuse_out_header) + sizeof(Body)> reply{};
    const fuse_out_header header{reply.size(), 0, unique};
    std::memcpy(reply.data(), &header, sizeof header);
    std::memcpy(reply.data() + sizeof header, &body, sizeof body);
    EXPECT_EQ(write(fd, reply.data(), reply.size()), static_cast<ssize_t>(reply.size()));
  }

  static void serve(int fd) {
    std::array<char, FUSE_MIN_READ_BUFFER> buffer{};
    while (read(fd, buffer.data(), buffer.size()) > 0) {
      fuse_in_header request{};
      std::memcpy(&request, buffer.data(), sizeof request);
      if (request.opcode == FUSE_INIT) {
        fuse_init_out out{};
        out.major = FUSE_KERNEL_VERSION;
        out.minor = FUSE_KERNEL_MINOR_VERSION;
        out.max_write = 4096;
        answer(fd, request.unique, out);
      } else if (request.opcode == FUSE_LOOKUP) {
        fuse_entry_out out{};
        out.nodeid = 2;
        out.attr = attributes(2);
        answer(fd, request.unique, out);
      } else if (request.opcode == FUSE_GETATTR) {
        fuse_attr_out out{};
        out.attr = attributes(request.nodeid);
        answer(fd, request.unique, out);
      } else if (request.opcode != FUSE_FORGET) {
        const fuse_out_header refusal{sizeof refusal, -ENOSYS, request.unique};
        EXPECT_EQ(write(fd, &refusal, sizeof refusal), static_cast<ssize_t>(sizeof refusal));
      }
    }
  }

  std::optional<DeadMount> mount_;
  Fd channel_;  // apart from the mount's own, which closes before the last read has ended
  std::thread server_;
};

class Identify : public ::testing::Test {
 protected:
  Error refused(const std::string& path) {
    const auto result = devices_.identify(path);
    if (!result) return result.error();
    ADD_FAILURE() << path << " was taken";
    return {};
  }

  PrivateNamespace mounts_{CLONE_NEWNS};
  TempFolder folder_;
  MachineDevices devices_;
};

TEST_F(Identify, RefusesAPathThatDoesNotExist) {
  const Error error = refused(folder_ / "none");
  EXPECT_EQ(error.errnum, ENOENT);
  EXPECT_EQ(error.reason, Reason::device_missing);
  EXPECT_EQ(error.message, "does not exist; 'lsblk' lists the disks there are");
}

TEST_F(Identify, RefusesAPathThatGoesThroughAFile) {
  EXPECT_EQ(refused(folder_.file("file", 1) + "/below").errnum, ENOENT);
}

TEST_F(Identify, NamesTheTargetOfALinkToNowhere) {
  create_symlink("/dev/disk/by-id/gone", folder_ / "link");
  const Error error = refused(folder_ / "link");
  EXPECT_EQ(error.errnum, ENOENT);
  EXPECT_EQ(
      error.message,
      "a symbolic link to /dev/disk/by-id/gone, which does not exist; 'lsblk' lists the disks "
      "there are");
}

TEST_F(Identify, RefusesWhatIsNeitherDiskNorFile) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  for (const std::string& path : {folder_.path(), folder_ / "pipe", std::string("/dev/null")}) {
    const Error error = refused(path);
    EXPECT_EQ(error.errnum, ENOTBLK) << path;
    EXPECT_EQ(error.reason, Reason::device_kind) << path;
  }
  EXPECT_EQ(refused(folder_.path()).message,
            "a directory, not a disk; write the path of a block device or of a regular file");
}

TEST_F(Identify, NamesTheDiskOfAnNvmeController) {
  const std::string node = folder_ / "nvme7";
  ASSERT_EQ(mknod(node.c_str(), S_IFCHR | 0600, makedev(1, 3)), 0);
  const Error error = refused(node);
  EXPECT_EQ(error.errnum, ENOTBLK);
  EXPECT_EQ(error.message, "an NVMe controller, not a disk; write one of its namespaces, such as " +
                               node + "n1, or write it to passthru/device to serve it whole");
}

TEST_F(Identify, RefusesAsAControllerWhatIsNone) {
  const LoopDisk disk(folder_.file("file", 1));
  const auto refused = [&](const std::string& path) {
    const auto controller = devices_.identify_controller(path);
    return controller ? Error{} : controller.error();
  };
  EXPECT_EQ(refused("/dev/null").errnum, EINVAL);
  EXPECT_EQ(refused("/dev/null").reason, Reason::device_kind);
  EXPECT_EQ(refused(disk.node()).message,
            "a disk, not the controller that it hangs on; write the character device of an NVMe "
            "controller, such as /dev/nvme0");
  EXPECT_EQ(refused(folder_.path()).errnum, EINVAL);
  EXPECT_EQ(refused(folder_ / "none").errnum, ENOENT);
}

TEST_F(Identify, TellsFilesApartByInodeUnderWhateverName) {
  const std::string file = folder_.file("file", 1);
  create_hard_link(file, folder_ / "second name");
  create_symlink(file, folder_ / "link");
  const DeviceId id = devices_.identify(file).value();
  EXPECT_FALSE(id.block);
  EXPECT_TRUE(id.same(devices_.identify(folder_ / "second name").value()));
  EXPECT_TRUE(id.same(devices_.identify(folder_ / "link").value()));
  EXPECT_FALSE(id.same(devices_.identify(folder_.file("other", 1)).value()));
}

TEST_F(Identify, TellsDisksApartByNumberUnderWhateverName) {
  const LoopDisk disk(folder_.file("disk", 4));
  const LoopDisk other(folder_.file("other", 4));
  ASSERT_EQ(mknod((folder_ / "node").c_str(), S_IFBLK | 0600, disk.number()), 0);
  create_symlink(disk.node(), folder_ / "link");
  const DeviceId id = devices_.identify(disk.node()).value();
  EXPECT_TRUE(id.block);
  EXPECT_EQ(id.device, disk.number());
  EXPECT_EQ(id.whole, disk.number());
  EXPECT_TRUE(id.same(devices_.identify(folder_ / "node").value()));
  EXPECT_TRUE(id.same(devices_.identify(folder_ / "link").value()));
  EXPECT_FALSE(id.overlaps(devices_.identify(other.node()).value()));
}

TEST_F(Identify, KnowsTheDiskOfAPartition) {
  LoopDisk disk(folder_.file("disk", 16));
  const std::string first = disk.add_partition(1, 1, 4);
  const std::string second = disk.add_partition(2, 8, 4);
  const DeviceId whole = devices_.identify(disk.node()).value();
  const DeviceId id = devices_.identify(first).value();
  EXPECT_EQ(id.device, number_of(first));
  EXPECT_EQ(id.whole, disk.number());
  EXPECT_TRUE(id.overlaps(whole));
  EXPECT_FALSE(id.overlaps(devices_.identify(second).value()));
}

TEST_F(Identify, RefusesOurOwnMountWithoutTouchingIt) {
  create_directory(folder_ / "mnt");
  const DeadMount mount(folder_ / "mnt");
  for (const char* below : {"", "/", "/exports/toto/device", "/../mnt/log"}) {
    const Error error = refused(folder_ / "mnt" + below);
    EXPECT_EQ(error.errnum, ELOOP) << below;
    EXPECT_EQ(error.reason, Reason::device_loop) << below;
  }
}

TEST_F(Identify, TakesAFileBesideOurMount) {
  create_directory(folder_ / "mnt");
  const DeadMount mount(folder_ / "mnt");
  EXPECT_TRUE(devices_.identify(folder_.file("mnt2", 1)));
}

TEST_F(Identify, RefusesALinkIntoOurOwnMount) {
  create_directory(folder_ / "mnt");
  const LiveMount mount(folder_ / "mnt");
  create_symlink(folder_ / "mnt/log", folder_ / "link");
  const Error error = refused(folder_ / "link");
  EXPECT_EQ(error.errnum, ELOOP);
  EXPECT_EQ(error.reason, Reason::device_loop);
}

}  // namespace
}  // namespace nvmeofs::test
