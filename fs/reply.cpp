#include "fs/reply.h"

#include <spdlog/spdlog.h>

#include <cassert>
#include <cerrno>

namespace nvmeofs {
namespace {

bool note(int result) {
  if (result != 0) spdlog::debug("an answer reached nobody: error {}", -result);
  return result == 0;
}

}  // namespace

Reply::~Reply() {
  if (request_ == nullptr) return;
  spdlog::error("a request was dropped without an answer; its caller is told EIO");
  error(EIO);
}

fuse_req_t Reply::take() {
  assert(request_ != nullptr);
  return std::exchange(request_, nullptr);
}

void Reply::error(int errnum) {
  note(fuse_reply_err(take(), errnum));
}

void Reply::none() {
  fuse_reply_none(take());
}

void Reply::entry(const fuse_entry_param& entry) {
  note(fuse_reply_entry(take(), &entry));
}

void Reply::attributes(const struct stat& st, double timeout) {
  note(fuse_reply_attr(take(), &st, timeout));
}

bool Reply::open(const fuse_file_info& file) {
  return note(fuse_reply_open(take(), &file));
}

void Reply::data(std::string_view bytes) {
  note(fuse_reply_buf(take(), bytes.data(), bytes.size()));
}

void Reply::written(std::size_t size) {
  note(fuse_reply_write(take(), size));
}

void Reply::statfs(const struct statvfs& st) {
  note(fuse_reply_statfs(take(), &st));
}

}  // namespace nvmeofs
