// namespaces/ of an export.
#include <gmock/gmock.h>

#include "fs/exports_branch.h"
#include "protocol/fake_kernel.h"

namespace nvmeofs {
namespace {

class SpacesProtocol : public ProtocolTest {
 protected:
  SpacesProtocol() { complete(); }
  std::uint64_t namespaces() { return file("namespaces"); }
  std::uint64_t space(const std::string& nsid) { return lookup(namespaces(), nsid); }
  std::uint64_t of(const std::string& nsid, const std::string& name) {
    return lookup(space(nsid), name);
  }
};

TEST_F(SpacesProtocol, BeginWithTheDeviceOfTheExport) {
  EXPECT_EQ(text(of("1", "device")), "/dev/nvme0n1\n");
  EXPECT_EQ(text(of("1", "enabled")), "1\n");
  EXPECT_EQ(store(of("1", "device"), "/dev/sdb\n"), 0);
  EXPECT_EQ(text(file("device")), "/dev/sdb\n");
}

TEST_F(SpacesProtocol, AreMadeAndRemovedByHand) {
  EXPECT_EQ(mkdir(namespaces(), "2").error, 0);
  EXPECT_NE(space("2"), 0U);
  EXPECT_EQ(text(of("2", "device")), "");
  EXPECT_EQ(text(of("2", "enabled")), "0\n");
  EXPECT_EQ(mkdir(namespaces(), "2").error, EEXIST);
  EXPECT_EQ(rmdir(namespaces(), "2").error, 0);
  EXPECT_EQ(space("2"), 0U);
  EXPECT_EQ(rmdir(namespaces(), "2").error, ENOENT);
  EXPECT_EQ(rmdir(namespaces(), "1").error, EPERM);
}

TEST_F(SpacesProtocol, AreNumbersFrom1To1024) {
  EXPECT_EQ(mkdir(namespaces(), "1024").error, 0);
  for (const char* name : {"0", "1025", "01", "0x2", "+2", "two", "4294967298"})
    EXPECT_EQ(mkdir(namespaces(), name).error, EINVAL) << name;
}

TEST_F(SpacesProtocol, AreMadeNowhereElse) {
  EXPECT_EQ(mkdir(lookup(exports_node, "toto"), "2").error, EPERM);
  EXPECT_EQ(mkdir(space("1"), "2").error, EPERM);
}

TEST_F(SpacesProtocol, HaveNodesThatAreNeverGivenAgain) {
  ASSERT_EQ(mkdir(namespaces(), "2").error, 0);
  const std::uint64_t first = space("2"), device = of("2", "device");
  ASSERT_EQ(rmdir(namespaces(), "2").error, 0);
  ASSERT_EQ(mkdir(namespaces(), "2").error, 0);
  EXPECT_NE(space("2"), first);
  for (const std::uint64_t node : {first, device}) {
    EXPECT_EQ(getattr(node).error, ESTALE);
    EXPECT_EQ(open(node, O_RDONLY).error, ESTALE);
  }
}

TEST_F(SpacesProtocol, HaveTheExactSizeOfEveryFile) {
  for (const auto& row : space_attributes()) {
    if (!has_attribute(backend_.attributes(), row)) continue;
    const std::uint64_t node = of("1", row.name);
    EXPECT_EQ(getattr(node).as<fuse_attr_out>().attr.size, text(node).size()) << row.name;
  }
}

TEST_F(SpacesProtocol, CountTheirDirectories) {
  EXPECT_EQ(getattr(namespaces()).as<fuse_attr_out>().attr.nlink, 3U);
  ASSERT_EQ(mkdir(namespaces(), "2").error, 0);
  EXPECT_EQ(getattr(namespaces()).as<fuse_attr_out>().attr.nlink, 4U);
  // subsystem/, passthru/ and namespaces/
  EXPECT_EQ(getattr(lookup(exports_node, "toto")).as<fuse_attr_out>().attr.nlink, 5U);
}

TEST_F(SpacesProtocol, TakeAUuidInAnyCase) {
  EXPECT_EQ(store(of("1", "uuid"), "6B1F8A50-17D4-4C6E-9C53-0C3D8A3A7C01\n"), 0);
  EXPECT_EQ(text(of("1", "uuid")), "6b1f8a50-17d4-4c6e-9c53-0c3d8a3a7c01\n");
  EXPECT_EQ(store(of("1", "nguid"), "6b1f8a5017d44c6e9c530c3d8a3a7c02\n"), 0);
  EXPECT_EQ(text(of("1", "nguid")), "6b1f8a50-17d4-4c6e-9c53-0c3d8a3a7c02\n");
  for (const char* wrong :
       {"", "\n", "6b1f8a5017d44c6e9c530c3d8a3a7c01\n", "00000000-0000-0000-0000-000000000000\n",
        "6b1f8a50-17d4-4c6e-9c53-0c3d8a3a7c0g\n"})
    EXPECT_EQ(store(of("1", "uuid"), wrong), *wrong == '\0' ? 0 : EINVAL) << wrong;
}

TEST_F(SpacesProtocol, GoWithTheExport) {
  const std::uint64_t node = space("1");
  ASSERT_EQ(rmdir(exports_node, "toto").error, 0);
  EXPECT_EQ(getattr(node).error, ESTALE);
}

}  // namespace
}  // namespace nvmeofs
