#include "fs/node.h"

namespace nvmeofs {
namespace {

timespec to_timespec(Time time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {seconds.count(), std::chrono::nanoseconds(since - seconds).count()};
}

struct stat make_stat(NodeId node, mode_t mode, Owner owner, Time changed) {
  struct stat st {};
  st.st_ino = node;
  st.st_mode = mode & ~owner.umask;
  st.st_nlink = 1;
  st.st_uid = owner.uid;
  st.st_gid = owner.gid;
  st.st_blksize = 4096;
  st.st_atim = st.st_mtim = st.st_ctim = to_timespec(changed);
  return st;
}

}  // namespace

struct stat directory_stat(NodeId node, Owner owner, Time changed, std::size_t directories) {
  auto st = make_stat(node, S_IFDIR | 0755, owner, changed);
  st.st_nlink = 2 + directories;
  return st;
}

struct stat file_stat(NodeId node, mode_t permissions, Owner owner, Time changed,
                      std::size_t size) {
  auto st = make_stat(node, S_IFREG | permissions, owner, changed);
  st.st_size = static_cast<off_t>(size);
  st.st_blocks = (st.st_size + 511) / 512;
  return st;
}

}  // namespace nvmeofs
