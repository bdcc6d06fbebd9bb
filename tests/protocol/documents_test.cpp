// config.json and discovery.conf, which may come in several writes. The simulated host finds
// disk-array at tcp://192.168.2.40:4420.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "protocol/fake_kernel.h"
#include "support/wait_until.h"

namespace nvmeofs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Documents : public ProtocolTest {
 protected:
  struct Opened {
    std::uint64_t node;
    std::uint64_t handle;
  };
  Opened begin(std::uint64_t parent, const std::string& name, int flags = O_WRONLY | O_TRUNC) {
    const auto node = lookup(parent, name);
    const auto answer = open(node, flags);
    EXPECT_EQ(answer.error, 0);
    EXPECT_EQ(answer.as<fuse_open_out>().open_flags & FOPEN_NOFLUSH, 0U);
    return {node, answer.as<fuse_open_out>().fh};
  }
  Opened config() { return begin(connections_node, "config.json"); }
  Opened conf() { return begin(discovery_node, "discovery.conf"); }
  int flush(const Opened& file) {
    fuse_flush_in in{};
    in.fh = file.handle;
    return kernel_->call(FUSE_FLUSH, file.node, bytes_of(in)).error;
  }
  void release(const Opened& file) {
    fuse_release_in in{};
    in.fh = file.handle;
    EXPECT_EQ(kernel_->call(FUSE_RELEASE, file.node, bytes_of(in)).error, 0);
  }
  int write(const Opened& file, std::string_view piece, std::uint64_t offset = 0) {
    return ProtocolTest::write(file.node, file.handle, piece, offset).error;
  }
  std::string log() { return text(log_node); }

  const std::string document_ =
      R"([{"hostnqn": ")" + initiator_.host_identity().value().nqn +
      R"(", "subsystems": [{"nqn": "disk-array", "ports": [{"transport": "tcp",)"
      R"( "traddr": "192.168.2.40", "trsvcid": "4420"}]}]}])"
      "\n";
};

TEST_F(Documents, StandBesideTheDirectories) {
  for (const auto& [parent, name] :
       {std::pair{connections_node, "config.json"}, {discovery_node, "discovery.conf"}}) {
    const auto node = lookup(parent, name);
    ASSERT_NE(node, 0U);
    const auto attr = getattr(node).as<fuse_attr_out>();
    EXPECT_EQ(attr.attr.mode, S_IFREG | 0644U);
    EXPECT_EQ(attr.attr_valid, 0U);
    EXPECT_EQ(attr.attr.size, text(node).size());
    EXPECT_EQ(kernel_->call(FUSE_LOOKUP, node, std::string("x\0", 2)).error, ENOTDIR);
    EXPECT_NE(mkdir(parent, name).error, 0);
    EXPECT_NE(rmdir(parent, name).error, 0);
  }
  EXPECT_EQ(mkdir(connections_node, "config.json").error, EEXIST);
}

TEST_F(Documents, AreTakenByTheWriteThatMakesThemWhole) {
  const auto file = config();
  const auto half = document_.size() / 2;
  EXPECT_EQ(write(file, document_.substr(0, half)), 0);
  EXPECT_EQ(lookup(connections_node, "disk-array"), 0U);
  EXPECT_EQ(write(file, document_.substr(half), half), 0);
  EXPECT_NE(lookup(connections_node, "disk-array"), 0U);
  EXPECT_EQ(flush(file), 0);
  release(file);
  EXPECT_THAT(log(), HasSubstr("connections/config.json: ok"));
  EXPECT_THAT(text(file.node), HasSubstr("192.168.2.40"));
}

TEST_F(Documents, AreTakenInManyPieces) {
  const auto file = config();
  const std::string padded = std::string(200000, ' ') + document_;
  for (std::size_t at = 0; at < padded.size(); at += 4096)
    ASSERT_EQ(write(file, padded.substr(at, 4096), at), 0);
  EXPECT_NE(lookup(connections_node, "disk-array"), 0U);
}

TEST_F(Documents, ThatEndTooEarlyAreAnErrorOfClose) {
  const auto file = config();
  EXPECT_EQ(write(file, document_.substr(0, document_.size() / 2)), 0);
  EXPECT_EQ(flush(file), EINVAL);
  EXPECT_THAT(log(), Not(HasSubstr("config.json")));
  release(file);
  // Nobody waits for a release, and it for nobody.
  EXPECT_TRUE(wait_until([this] {
    return log().find("connections/config.json: EINVAL bad-value") != std::string::npos;
  })) << log();
  EXPECT_EQ(lookup(connections_node, "disk-array"), 0U);
}

// As of `{ head -1; tail +2; } > config.json`: head closes its descriptor before tail writes.
TEST_F(Documents, GoOnAfterTheCloseOfAnotherDescriptor) {
  const auto file = config();
  const auto half = document_.size() / 2;
  EXPECT_EQ(flush(file), 0);
  EXPECT_EQ(write(file, document_.substr(0, half)), 0);
  EXPECT_EQ(flush(file), EINVAL);
  EXPECT_EQ(write(file, document_.substr(half), half), 0);
  EXPECT_EQ(flush(file), 0);
  EXPECT_NE(lookup(connections_node, "disk-array"), 0U);
}

TEST_F(Documents, ThatAreNotWrittenChangeNothing) {
  const auto file = config();
  EXPECT_EQ(write(file, " \n"), 0);
  EXPECT_EQ(flush(file), 0);
  release(file);
  EXPECT_THAT(log(), Not(HasSubstr("config.json")));
}

TEST_F(Documents, AreRefusedByTheWrite) {
  const auto file = config();
  EXPECT_EQ(write(file, "hello\n"), EINVAL);
  EXPECT_EQ(write(file, document_, 6), EINVAL);
  EXPECT_EQ(write(file, document_ + "x"), EINVAL);
  EXPECT_EQ(write(file, std::string("[\0]", 3)), EINVAL);
  EXPECT_EQ(flush(file), 0);
  EXPECT_EQ(lookup(connections_node, "disk-array"), 0U);
  EXPECT_EQ(write(file, document_), 0);
  EXPECT_NE(lookup(connections_node, "disk-array"), 0U);
}

TEST_F(Documents, AreBounded) {
  const auto file = config();
  const std::string piece(1 << 17, ' ');
  std::uint64_t at = 0;
  for (; at < WrittenDocument::longest; at += piece.size())
    ASSERT_EQ(write(file, at == 0 ? "[" + piece.substr(1) : piece, at), 0);
  EXPECT_EQ(write(file, "]", at), EFBIG);
  EXPECT_EQ(flush(file), 0);
}

TEST_F(Documents, OfLinesAreTakenLineByLineAndTheLastAtClose) {
  const auto file = conf();
  EXPECT_EQ(write(file, "# the hub\n"), 0);
  EXPECT_EQ(write(file, "-t tcp -a 192.", 10), 0);
  EXPECT_EQ(write(file, "168.2.40", 24), 0);
  EXPECT_EQ(lookup(discovery_node, "tcp:192.168.2.40:8009"), 0U);
  EXPECT_EQ(flush(file), 0);
  EXPECT_NE(lookup(discovery_node, "tcp:192.168.2.40:8009"), 0U);
  EXPECT_NE(lookup(connections_node, "disk-array"), 0U);
  EXPECT_EQ(text(file.node), "--transport=tcp --traddr=192.168.2.40 --trsvcid=8009\n");
  release(file);
}

TEST_F(Documents, OfLinesAreRefusedWithTheNumber) {
  EXPECT_EQ(write(conf(), "\n-t tcp -a 192.168.2.40 --ctrl-loss-tmo=5\n"), EINVAL);
  EXPECT_THAT(log(), HasSubstr("discovery/discovery.conf: EINVAL bad-value: line 2: "
                               "--ctrl-loss-tmo has no place"));
  EXPECT_EQ(lookup(discovery_node, "tcp:192.168.2.40:8009"), 0U);
}

TEST_F(Documents, AreAppendedAsTheyAreReplaced) {
  const auto file = begin(connections_node, "config.json", O_WRONLY | O_APPEND);
  const auto half = document_.size() / 2;
  EXPECT_EQ(write(file, document_.substr(0, half), 3), 0);
  EXPECT_EQ(write(file, document_.substr(half), 3 + half), 0);
  EXPECT_NE(lookup(connections_node, "disk-array"), 0U);
}

}  // namespace
}  // namespace nvmeofs
