#include "hanging_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace nvmeofs::test {

HangingFolder::HangingFolder(const std::string& path)
    : path_(path), connection_(open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
  EXPECT_EQ(mkdir(path.c_str(), 0755), 0);
  mount_.emplace("hanging", path, "fuse", 0,
                 fmt::format("fd={},rootmode=40000,user_id=0,group_id=0", connection_.get()));
  const fuse_in_header request = next();
  EXPECT_EQ(request.opcode, static_cast<std::uint32_t>(FUSE_INIT));
  struct {
    fuse_out_header header;
    fuse_init_out init;
  } answer{};
  answer.header = {sizeof answer, 0, request.unique};
  answer.init.major = FUSE_KERNEL_VERSION;
  answer.init.minor = FUSE_KERNEL_MINOR_VERSION;
  answer.init.max_write = 4096;
  EXPECT_EQ(write(connection_.get(), &answer, sizeof answer), ssize_t{sizeof answer});
}

fuse_in_header HangingFolder::next() {
  constexpr int bound_ms = 30000;
  fuse_in_header header{};
  std::array<char, 65536> request{};
  pollfd wait{connection_.get(), POLLIN, 0};
  if (poll(&wait, 1, bound_ms) != 1 ||
      read(connection_.get(), request.data(), request.size()) < ssize_t{sizeof header}) {
    ADD_FAILURE() << "nobody looked into " << path_ << ": " << std::strerror(errno);
    return header;
  }
  std::memcpy(&header, request.data(), sizeof header);
  return header;
}

}  // namespace nvmeofs::test
