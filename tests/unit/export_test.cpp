#include "nvmeofs/export.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nvmeofs {
namespace {

int device_errno(const std::string& text) {
  const auto device = DevicePath::parse(text);
  return device ? 0 : device.error().errnum;
}

TEST(Device, IsAnAbsolutePathKeptAsWritten) {
  EXPECT_EQ(DevicePath::parse("/dev/disk/by-id/../sdb")->path(), "/dev/disk/by-id/../sdb");
  EXPECT_EQ(device_errno("dev/sdb"), EINVAL);
  EXPECT_EQ(device_errno(""), EINVAL);
}

TEST(Device, ReadsBackWithItsForce) {
  const auto device = DevicePath::parse("/dev/sdb force").value();
  EXPECT_TRUE(device.force());
  EXPECT_EQ(device.path(), "/dev/sdb");
  EXPECT_EQ(device.str(), "/dev/sdb force");
}

TEST(Device, MayHaveABlankInside) {
  EXPECT_EQ(DevicePath::parse("/srv/a disk.img")->path(), "/srv/a disk.img");
}

TEST(Device, RefusesWhatTheKernelWouldReadAsAnotherPath) {
  EXPECT_EQ(device_errno("/dev/sdb\n/dev/sdc"), EINVAL);
  EXPECT_EQ(device_errno("/dev/sdb "), EINVAL);
  EXPECT_EQ(device_errno("/dev/sdb\x1b[2J"), EINVAL);
  EXPECT_EQ(device_errno(" /dev/sdb"), EINVAL);
}

TEST(Device, HasAtMost4094Bytes) {
  EXPECT_EQ(device_errno("/" + std::string(4093, 'x')), 0);
  EXPECT_EQ(device_errno("/" + std::string(4094, 'x')), EFBIG);
}

TEST(Hosts, AreAnyOrAList) {
  EXPECT_TRUE(Hosts::parse("any")->any);
  EXPECT_EQ(Hosts::parse("nqn.a\nnqn.b\n")->list.size(), 2U);
  EXPECT_EQ(Hosts::parse("any\nnqn.a").error().errnum, EINVAL);
}

TEST(Hosts, OfNoLinesAreNobody) {
  const auto hosts = Hosts::parse("").value();
  EXPECT_FALSE(hosts.any);
  EXPECT_TRUE(hosts.list.empty());
}

TEST(Hosts, AreWrittenWithForceOrWithout) {
  EXPECT_FALSE(WrittenHosts::parse("nqn.a")->force);
  const auto written = WrittenHosts::parse("nqn.a\nnqn.b force\n").value();
  EXPECT_TRUE(written.force);
  EXPECT_EQ(written.hosts, Hosts::parse("nqn.a\nnqn.b").value());
  EXPECT_TRUE(WrittenHosts::parse("any force")->hosts.any);
  EXPECT_EQ(WrittenHosts::parse("nqn.a\nforce").error().errnum, EINVAL);
  EXPECT_EQ(WrittenHosts::parse("force force").error().errnum, EINVAL);
  EXPECT_EQ(WrittenHosts::parse("nqn.a  force").error().errnum, EINVAL);
  EXPECT_EQ(WrittenHosts::parse(" force").error().errnum, EINVAL);
}

TEST(Hosts, NameTheLineThatIsNoNqn) {
  const auto hosts = Hosts::parse("nqn.a\nnqn b");
  ASSERT_FALSE(hosts);
  EXPECT_EQ(hosts.error().errnum, EINVAL);
  EXPECT_NE(hosts.error().message.find("nqn b"), std::string::npos);
}

TEST(Addresses, KeepTheirOrderAndCountOnce) {
  const auto addresses =
      parse_addresses("tcp://10.0.0.2\n10.0.0.1\n\ntcp://10.0.0.2:4420\n", Trtype::rdma).value();
  ASSERT_EQ(addresses.size(), 2U);
  EXPECT_EQ(addresses[0].uri(), "tcp://10.0.0.2:4420");
  EXPECT_EQ(addresses[1].uri(), "rdma://10.0.0.1:4420");
}

TEST(Addresses, AreRefusedWholeForOneBadLine) {
  EXPECT_FALSE(parse_addresses("10.0.0.1\nnonsense", Trtype::rdma));
}

TEST(Boolean, IsWhatTheKernelTakes) {
  for (const char* text : {"1", "y", "Y", "t", "T", "on", "ON", "yes", "true", "1x"})
    EXPECT_EQ(parse_bool(text).value(), true) << text;
  for (const char* text : {"0", "n", "N", "f", "F", "off", "OF", "no", "false"})
    EXPECT_EQ(parse_bool(text).value(), false) << text;
  for (const char* text : {"", "2", "o", "ox", "enable", " 1", "-1"})
    EXPECT_EQ(parse_bool(text).error().errnum, EINVAL) << text;
}

}  // namespace
}  // namespace nvmeofs
