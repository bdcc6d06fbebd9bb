// The answer to one FUSE request: given exactly once, from any thread, at any later time. One that
// is dropped without an answer says EIO, so that no caller waits for ever because of a bug of ours.
//
// An answer can fail because the caller or the whole connection is gone; there is nobody left to
// tell, so that is only noted at debug level.
#pragma once

#include <fuse_lowlevel.h>

#include <cstddef>
#include <string_view>
#include <utility>

namespace nvmeofs {

class Reply {
 public:
  explicit Reply(fuse_req_t request) : request_(request) {}
  Reply(Reply&& other) noexcept : request_(std::exchange(other.request_, nullptr)) {}
  Reply& operator=(Reply&&) = delete;
  ~Reply();

  void error(int errnum);  // 0: done
  void none();             // FORGET wants no answer
  void entry(const fuse_entry_param& entry);
  void attributes(const struct stat& st, double timeout);
  bool open(const fuse_file_info& file);  // false: it reached nobody
  void data(std::string_view bytes);
  void written(std::size_t size);
  void statfs(const struct statvfs& st);

 private:
  fuse_req_t take();

  fuse_req_t request_;
};

}  // namespace nvmeofs
