#include <gmock/gmock.h>

#include "protocol/fake_kernel.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;

constexpr auto first = "rdma://192.168.1.32:4420\n";
constexpr auto both = "rdma://192.168.1.32:4420\ntcp://10.0.0.5:4420\n";

TEST_F(ProtocolTest, ReadsBackInCanonicalForm) {
  ASSERT_EQ(store(file("address"), "192.168.1.32\n"), 0);
  EXPECT_EQ(text(file("address")), first);
}

TEST_F(ProtocolTest, WritingWhatWasReadChangesNothing) {
  complete();
  for (const auto name : {"device", "address", "enabled", "hosts"}) {
    const std::string before = text(file(name));
    EXPECT_EQ(store(file(name), before), 0) << name;
    EXPECT_EQ(text(file(name)), before);
  }
}

TEST_F(ProtocolTest, TakesAValueWithoutANewlineToo) {
  EXPECT_EQ(store(file("device"), "/dev/nvme0n1"), 0);
  EXPECT_EQ(text(file("device")), "/dev/nvme0n1\n");
}

TEST_F(ProtocolTest, ReplacesAListAndAddsToIt) {
  const std::uint64_t address = file("address");
  ASSERT_EQ(store(address, "10.0.0.5\n"), ENODEV);  // rdma, where no RDMA device is
  ASSERT_EQ(store(address, "tcp://10.0.0.5\n"), 0);
  ASSERT_EQ(store(address, "192.168.1.32\n"), 0);
  EXPECT_EQ(text(address), first);
  ASSERT_EQ(store(address, "tcp://10.0.0.5\n", O_APPEND), 0);
  EXPECT_EQ(text(address), both);
}

TEST_F(ProtocolTest, GoesOnWithAListLineByLine) {
  const std::uint64_t address = file("address");
  const auto handle = open(address, O_WRONLY | O_TRUNC).as<fuse_open_out>().fh;
  ASSERT_EQ(write(address, handle, "192.168.1.32\n", 0).error, 0);
  ASSERT_EQ(write(address, handle, "tcp://10.0.0.5\n", 13).error, 0);
  EXPECT_EQ(text(address), both);
}

TEST_F(ProtocolTest, BeginsAListAnewAtOffsetZero) {
  const std::uint64_t address = file("address");
  const auto handle = open(address, O_WRONLY).as<fuse_open_out>().fh;
  ASSERT_EQ(write(address, handle, "tcp://10.0.0.5\n", 0).error, 0);
  ASSERT_EQ(write(address, handle, "192.168.1.32\n", 0).error, 0);
  EXPECT_EQ(text(address), first);
}

TEST_F(ProtocolTest, RefusesAListThatBeginsInTheMiddle) {
  const std::uint64_t address = file("address");
  const auto handle = open(address, O_WRONLY).as<fuse_open_out>().fh;
  EXPECT_EQ(write(address, handle, "192.168.1.32\n", 7).error, EINVAL);
  ASSERT_EQ(write(address, handle, "192.168.1.32\n", 0).error, 0);
  EXPECT_EQ(write(address, handle, "tcp://10.0.0.5\n", 40).error, EINVAL);
  EXPECT_EQ(text(address), first);
}

TEST_F(ProtocolTest, RefusesASingleValueInPieces) {
  const std::uint64_t device = file("device");
  const auto handle = open(device, O_WRONLY).as<fuse_open_out>().fh;
  ASSERT_EQ(write(device, handle, "/dev/nvme0n1\n", 0).error, 0);
  EXPECT_EQ(write(device, handle, "/dev/sdb\n", 13).error, EINVAL);
  EXPECT_EQ(text(device), "/dev/nvme0n1\n");
  EXPECT_THAT(text(file("status")), HasSubstr("EINVAL not-one-write"));
}

// The offset of O_APPEND is the size that the kernel remembers.
TEST_F(ProtocolTest, TakesAnAppendedSingleValueAsANewOne) {
  const std::uint64_t device = file("device");
  ASSERT_EQ(store(device, "/dev/nvme0n1\n"), 0);
  const auto handle = open(device, O_WRONLY | O_APPEND).as<fuse_open_out>().fh;
  ASSERT_EQ(write(device, handle, "/dev/sdb\n", 13).error, 0);
  EXPECT_EQ(text(device), "/dev/sdb\n");
  EXPECT_EQ(write(device, handle, "/dev/nvme0n1\n", 9).error, EINVAL);
}

TEST_F(ProtocolTest, RefusesANulByte) {
  EXPECT_EQ(store(file("device"), std::string_view("/dev/nvme0n1\0x", 14)), EINVAL);
  EXPECT_THAT(text(log_node), HasSubstr("EINVAL bad-value"));
}

TEST_F(ProtocolTest, RefusesMoreThan64KiB) {
  const std::string many(64 * 1024 / 8, 'x');
  std::string value;
  for (int i = 0; i < 8; ++i) value += many;
  EXPECT_EQ(store(file("hosts"), value + "\n"), EFBIG);
  EXPECT_THAT(text(file("status")), HasSubstr("EFBIG too-long"));
  EXPECT_LT(text(log_node).size(), 16U * 1024);
}

TEST_F(ProtocolTest, ClearsWithAnEmptyLineOnlyWhatCanBeEmpty) {
  complete();
  EXPECT_EQ(store(file("enabled"), "\n"), EINVAL);
  for (const auto name : {"device", "address", "hosts"}) {
    EXPECT_EQ(store(file(name), "\n"), 0) << name;
    EXPECT_EQ(text(file(name)), "") << name;
  }
}

TEST_F(ProtocolTest, TakesATruncationForNoValue) {
  complete();
  const std::uint64_t device = file("device");
  fuse_setattr_in in{};
  in.valid = FATTR_SIZE | FATTR_MTIME | FATTR_MTIME_NOW;
  const Answer answer = kernel_->call(FUSE_SETATTR, device, bytes_of(in));
  EXPECT_EQ(answer.error, 0);
  EXPECT_EQ(answer.as<fuse_attr_out>().attr.size, 13U);
  EXPECT_EQ(text(device), "/dev/nvme0n1\n");
}

TEST_F(ProtocolTest, TakesForceWithZeroOnly) {
  complete();
  EXPECT_EQ(store(file("enabled"), "1 force\n"), EINVAL);
  ASSERT_EQ(store(file("enabled"), "1\n"), 0);
  EXPECT_EQ(store(file("enabled"), "0 force\n"), 0);
  EXPECT_EQ(text(file("enabled")), "0\n");
}

TEST_F(ProtocolTest, SaysNobodyForAnEmptyListOfHosts) {
  ASSERT_EQ(store(file("hosts"), "\n"), 0);
  EXPECT_THAT(text(file("status")), HasSubstr("hosts nobody\n"));
}

}  // namespace
}  // namespace nvmeofs
