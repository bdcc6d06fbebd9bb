// To a host it is the same disk, however often the kernel's objects were made anew.

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "view.h"

namespace nvmeofs::vm {
namespace {

class Identity : public ViewTest {
 protected:
  struct Seen {
    std::string serial;
    std::string uuid;
    bool operator==(const Seen&) const = default;
  };

  static Seen look(const Way& way, const std::string& name) {
    must_connect(way, name);
    Seen seen{controller_attribute(name, "serial"), disk_attribute(disk_of(name), "uuid")};
    disconnect(name);
    return seen;
  }

  // A disk that is held open while its export goes and comes.
  void check_held_open(const std::string& trtype) {
    serve("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    must_connect({.trtype = trtype}, "toto");
    const std::string disk = disk_of("toto");
    const std::string bytes = random_bytes(4096);
    write_direct(disk, bytes);

    const int fd = ::open(disk.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
    EXPECT_GE(fd, 0);
    EXPECT_EQ(set("toto", "enabled", "0 force"), "ok") << status_lines("toto", "refused");
    EXPECT_TRUE(eventually([] { return controller_attribute("toto", "state") != "live"; }));
    EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
    EXPECT_TRUE(eventually([] { return controller_attribute("toto", "state") == "live"; }));

    std::unique_ptr<void, decltype(&std::free)> buffer(std::aligned_alloc(4096, 4096), &std::free);
    EXPECT_EQ(::pread(fd, buffer.get(), 4096, 0), 4096) << std::strerror(errno);
    EXPECT_EQ(std::memcmp(buffer.get(), bytes.data(), bytes.size()), 0);
    ::close(fd);
    EXPECT_EQ(disk_of("toto"), disk);
    disconnect("toto");
    take_down("toto");
  }
};

TEST_F(Identity, IsTheSameAfterDisablingAndEnabling) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const Seen before = look({.trtype = "tcp"}, "toto");
  EXPECT_EQ(before.uuid.size(), 36U);
  EXPECT_NE(before.serial, "");
  EXPECT_TRUE(eventually([] { return is_left_alone("toto"); }));
  EXPECT_EQ(set("toto", "enabled", "0"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(look({.trtype = "tcp"}, "toto"), before);
  take_down("toto");
}

TEST_F(Identity, OfTwoExportsDiffers) {
  serve("first", "/dev/nullb0", "tcp://192.168.1.32");
  serve("second", "/dev/nullb1", "tcp://192.168.1.32");
  const Seen first = look({.trtype = "tcp"}, "first");
  const Seen second = look({.trtype = "tcp"}, "second");
  EXPECT_NE(first.serial, second.serial);
  EXPECT_NE(first.uuid, second.uuid);
  take_down("first");
  take_down("second");
}

TEST_F(Identity, BringsADiskThatIsHeldOpenBackOverTcp) {
  check_held_open("tcp");
}

TEST_F(Identity, BringsADiskThatIsHeldOpenBackOverRdma) {
  check_held_open("rdma");
}

}  // namespace
}  // namespace nvmeofs::vm
