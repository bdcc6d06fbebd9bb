#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "protocol/fake_kernel.h"

namespace nvmeofs {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class Listing : public ProtocolTest {
 protected:
  std::uint64_t open_directory(std::uint64_t node) {
    return kernel_->call(FUSE_OPENDIR, node, bytes_of(fuse_open_in{})).as<fuse_open_out>().fh;
  }

  Answer piece(fuse_opcode opcode, std::uint64_t node, std::uint64_t handle, std::uint64_t offset,
               std::uint32_t size) {
    fuse_read_in in{};
    in.fh = handle;
    in.offset = offset;
    in.size = size;
    return kernel_->call(opcode, node, bytes_of(in));
  }

  // The names of one answer, without the dots; `offset` moves on.
  static std::vector<std::string> names(const std::string& body, std::size_t header,
                                        std::uint64_t& offset) {
    std::vector<std::string> found;
    for (std::size_t at = 0; at < body.size();) {
      fuse_dirent entry{};
      std::memcpy(&entry, body.data() + at + header, sizeof entry);
      const std::size_t begin = at + header + FUSE_NAME_OFFSET;
      const std::string name = body.substr(begin, entry.namelen);
      if (name != "." && name != "..") found.push_back(name);
      offset = entry.off;
      at += header + FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + entry.namelen);
    }
    return found;
  }

  std::vector<std::string> all(std::uint64_t node, std::uint64_t handle, std::uint32_t size) {
    std::vector<std::string> found;
    std::uint64_t offset = 0;
    for (;;) {
      const Answer answer = piece(FUSE_READDIR, node, handle, offset, size);
      EXPECT_EQ(answer.error, 0);
      if (answer.body.empty()) return found;
      for (auto& name : names(answer.body, 0, offset)) found.push_back(std::move(name));
    }
  }
};

TEST_F(Listing, ShowsTheTree) {
  ASSERT_EQ(mkdir(exports_node, "toto").error, 0);
  EXPECT_THAT(all(root_node, open_directory(root_node), 4096),
              UnorderedElementsAre("README", "config.json", "connections", "discovery", "exports",
                                   "hosts", "log", "metrics", "ports", "topology.dot"));
  EXPECT_THAT(all(exports_node, open_directory(exports_node), 4096), ElementsAre("toto"));
  const std::uint64_t toto = lookup(exports_node, "toto");
  EXPECT_THAT(all(toto, open_directory(toto), 4096),
              ElementsAre("device", "address", "enabled", "hosts", "status", "plan", "clients",
                          "subsystem", "passthru", "namespaces"));
}

TEST_F(Listing, IsFrozenAtTheOpen) {
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(mkdir(exports_node, "e" + std::to_string(100 + i)).error, 0);
  const auto handle = open_directory(exports_node);
  std::uint64_t offset = 0;
  const Answer begin = piece(FUSE_READDIR, exports_node, handle, offset, 300);
  std::vector<std::string> found = names(begin.body, 0, offset);
  ASSERT_FALSE(found.empty());
  ASSERT_EQ(mkdir(exports_node, "a-first").error, 0);
  ASSERT_EQ(rmdir(exports_node, "e100").error, 0);
  for (;;) {
    const Answer next = piece(FUSE_READDIR, exports_node, handle, offset, 300);
    if (next.body.empty()) break;
    for (auto& name : names(next.body, 0, offset)) found.push_back(std::move(name));
  }
  EXPECT_THAT(found, SizeIs(20));
  EXPECT_THAT(std::set<std::string>(found.begin(), found.end()), SizeIs(20));
}

TEST_F(Listing, GivesTheAttributesAlong) {
  const auto made = mkdir(exports_node, "toto").as<fuse_entry_out>();
  const Answer answer =
      piece(FUSE_READDIRPLUS, exports_node, open_directory(exports_node), 2, 4096);
  const auto plus = answer.as<fuse_direntplus>();
  EXPECT_EQ(plus.entry_out.nodeid, made.nodeid);
  EXPECT_EQ(plus.entry_out.attr.mode, made.attr.mode);
}

TEST_F(Listing, LeavesOutWhatWasRemovedSinceTheOpen) {
  ASSERT_EQ(mkdir(exports_node, "gone").error, 0);
  ASSERT_EQ(mkdir(exports_node, "here").error, 0);
  const auto handle = open_directory(exports_node);
  ASSERT_EQ(rmdir(exports_node, "gone").error, 0);
  std::uint64_t offset = 0;
  const Answer answer = piece(FUSE_READDIRPLUS, exports_node, handle, 0, 4096);
  EXPECT_THAT(names(answer.body, FUSE_NAME_OFFSET_DIRENTPLUS - FUSE_NAME_OFFSET, offset),
              ElementsAre("here"));
}

TEST_F(Listing, AnswersHostileSizesAndOffsets) {
  const auto handle = open_directory(root_node);
  EXPECT_EQ(piece(FUSE_READDIR, root_node, handle, 0, 0).body, "");
  EXPECT_EQ(piece(FUSE_READDIR, root_node, handle, 0, 10).body, "");
  EXPECT_EQ(piece(FUSE_READDIR, root_node, handle, 1ULL << 60, 4096).body, "");
  EXPECT_EQ(piece(FUSE_READDIR, root_node, handle, ~0ULL, 4096).error, EINVAL);
  EXPECT_EQ(piece(FUSE_READDIR, root_node, handle + 1000, 0, 4096).error, EBADF);
  EXPECT_EQ(piece(FUSE_READDIR, root_node, handle, 0, ~0U).error, 0);
}

}  // namespace
}  // namespace nvmeofs
