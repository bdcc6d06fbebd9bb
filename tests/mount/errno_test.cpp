// The table of errors, by the errno that a program sees, and the reason that stands in status.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;

struct BadValue {
  const char* name;
  const char* file;
  std::string value;
  int errnum;
  const char* reason;
};

void PrintTo(const BadValue& bad, std::ostream* out) {
  *out << bad.file << " = " << bad.value;
}

class Errno : public MountFixture, public ::testing::WithParamInterface<BadValue> {};

TEST_P(Errno, IsThatOfTheTableAndTheValueStays) {
  make_export();
  const std::string file = std::string("exports/toto/") + GetParam().file;
  const std::string before = read(file);
  EXPECT_EQ(write(file, GetParam().value), GetParam().errnum) << read("log");
  EXPECT_EQ(read(file), before);
  EXPECT_THAT(read("exports/toto/status"),
              HasSubstr(std::string(" ") + GetParam().reason + ": exports/toto/"));
}

const BadValue bad_values[] = {
    {"NotAPath", "device", "nvme0n1", EINVAL, "bad-value"},
    {"MissingDevice", "device", "/dev/none", ENOENT, "device-missing"},
    {"DirectoryAsDevice", "device", "/srv", ENOTBLK, "device-kind"},
    {"CharacterDevice", "device", "/dev/null", ENOTBLK, "device-kind"},
    {"ReadOnlyDevice", "device", "/dev/sr0", EROFS, "device-read-only"},
    {"SystemDisk", "device", "/dev/sda", EBUSY, "device-system"},
    {"MountedPartition", "device", "/dev/sdd1", EBUSY, "device-in-use"},
    {"MemberOfAVolumeGroup", "device", "/dev/sdc", EBUSY, "device-member"},
    {"PathTooLong", "device", "/" + std::string(5000, 'a'), EFBIG, "too-long"},
    {"ForeignAddress", "address", "1.2.3.4", EADDRNOTAVAIL, "address-not-local"},
    {"NoRdmaThere", "address", "10.0.0.5", ENODEV, "no-rdma-device"},
    {"RdmaLoopback", "address", "127.0.0.1", ENODEV, "address-loopback"},
    {"LoopWithAnAddress", "address", "loop://10.0.0.5", EINVAL, "bad-value"},
    {"ForeignFcPort", "address", "fc://nn-0x1000000000000001:pn-0x2000000000000001", EADDRNOTAVAIL,
     "address-not-local"},
    {"NoFcPort", "address", "fc://10.0.0.5", EINVAL, "bad-value"},
    {"FcPortWithAService", "address", "fc://nn-0x20000090fa942779:pn-0x10000090fa942779:4420",
     EINVAL, "bad-value"},
    {"UnknownTransport", "address", "http://10.0.0.5", EPROTONOSUPPORT, "unknown-transport"},
    {"HostName", "address", "tcp://server.example", EINVAL, "bad-value"},
    {"ServiceOutOfRange", "address", "tcp://10.0.0.5:70000", EINVAL, "bad-value"},
    {"HalfABadList", "address", "tcp://10.0.0.5\ntcp://1.2.3.4", EADDRNOTAVAIL,
     "address-not-local"},
    {"MissingController", "passthru/device", "/dev/nvme7", ENOENT, "device-missing"},
    {"DiskAsController", "passthru/device", "/dev/nvme0n1", EINVAL, "device-kind"},
    {"ControllerAsDisk", "device", "/dev/nvme0", ENOTBLK, "device-kind"},
    {"NoController", "passthru/enabled", "1", EINVAL, "incomplete"},
    {"TimeoutInWords", "passthru/io_timeout", "soon", EINVAL, "bad-value"},
    {"NeitherYesNorNo", "enabled", "maybe", EINVAL, "bad-value"},
    {"ForceWithOne", "enabled", "1 force", EINVAL, "bad-value"},
    {"AnyAndAHost", "hosts", "any\nnqn.2024-01.org.example:a", EINVAL, "bad-value"},
    {"NoNqn", "hosts", "a b", EINVAL, "bad-value"},
};

INSTANTIATE_TEST_SUITE_P(Table, Errno, ::testing::ValuesIn(bad_values),
                         [](const auto& test) { return test.param.name; });

class Errnos : public MountFixture {
 protected:
  int make(const std::string& name) const {
    return ::mkdir(path(name).c_str(), 0755) == 0 ? 0 : errno;
  }
};

TEST_F(Errnos, OfNames) {
  EXPECT_EQ(make("exports/" + std::string(223, 'a')), ENAMETOOLONG);
  EXPECT_EQ(make("exports/" + std::string(222, 'a')), 0);
  EXPECT_EQ(make("exports/a b"), EINVAL);
  EXPECT_EQ(make("exports/nqn.2014-08.org.nvmexpress.discovery"), EINVAL);
  EXPECT_EQ(make("exports/toto"), 0);
  EXPECT_EQ(make("exports/toto"), EEXIST);
  EXPECT_EQ(make("toto"), EPERM);
}

TEST_F(Errnos, OfADeviceThatAnotherExportServes) {
  make_export("one");
  ASSERT_EQ(write("exports/one/enabled", "1"), 0);
  make_export("two", "/dev/sdb");
  EXPECT_EQ(write("exports/two/device", "/dev/disk/by-id/nvme-SIM_1TB_0001"), EBUSY) << read("log");
  EXPECT_THAT(read("exports/two/status"), HasSubstr("device-served"));
}

TEST_F(Errnos, OfAnEnabledExport) {
  make_export();
  ASSERT_EQ(write("exports/toto/enabled", "1"), 0);
  EXPECT_EQ(::rmdir(path("exports/toto").c_str()), -1);
  EXPECT_EQ(errno, EBUSY);
  EXPECT_EQ(write("exports/toto/device", ""), EBUSY);
  EXPECT_EQ(write("exports/toto/address", ""), EBUSY);
  EXPECT_EQ(read("exports/toto/enabled"), "1\n");
}

TEST_F(Errnos, OfAnAddressThatAnotherProgramListensOn) {
  make_export("toto", "/dev/nvme0n1", "tcp://10.0.0.5:22");
  EXPECT_EQ(write("exports/toto/enabled", "1"), EADDRINUSE);
  EXPECT_THAT(read("exports/toto/status"), HasSubstr("EADDRINUSE address-in-use"));
  EXPECT_EQ(read("exports/toto/enabled"), "0\n");
}

TEST_F(Errnos, OfAValueThatIsTooLongOrHasANul) {
  make_export();
  EXPECT_EQ(write_errno(path("exports/toto/hosts"), std::string(64 * 1024 + 1, 'a')), EFBIG);
  EXPECT_EQ(write_errno(path("exports/toto/device"), std::string("/dev/sdb\0", 9)), EINVAL);
}

TEST_F(Errnos, OfWhatIsNotOffered) {
  make_export();
  const std::string toto = path("exports/toto");
  EXPECT_EQ(::open((toto + "/new").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::unlink((toto + "/device").c_str()), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::rename(toto.c_str(), path("exports/other").c_str()), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::symlink("x", path("link").c_str()), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::link((toto + "/device").c_str(), (toto + "/new").c_str()), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::chmod(path("README").c_str(), 0666), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::chown(path("exports").c_str(), 1, 1), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::rmdir(path("exports").c_str()), -1);
  EXPECT_EQ(errno, EPERM);
}

TEST_F(Errnos, OfReportsOpenedForWriting) {
  make_export();
  for (const auto name : {"exports/toto/status", "exports/toto/plan", "exports/toto/clients", "log",
                          "README", "metrics", "topology.dot"})
    EXPECT_EQ(write(name, "x"), EACCES) << name;
}

TEST_F(Errnos, OfAnOpenFileWhoseExportIsGone) {
  make_export();
  const int fd = ::open(path("exports/toto/device").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(::rmdir(path("exports/toto").c_str()), 0);
  EXPECT_EQ(::write(fd, "/dev/sdb\n", 9), -1);
  EXPECT_EQ(errno, ESTALE);
  ::close(fd);
}

}  // namespace
}  // namespace nvmeofs
